import { isObject, objectOf, textOf } from '../../providers/json-object.ts';
import { type Rule, show, unbounded } from './rules.ts';
import type { Tally } from './tally.ts';

/** What every provider reads as a picture and as nothing else. */
const pictureTypes = new Set(['image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp']);

const dataUrlHead = /^data:([^;,]{0,80});base64,/;
const storedFile = 'files stored with the provider are not yours alone, and their size is not known here';

/** A picture in the request, or behind an address that the provider reads it from. */
export function notePictureUrl(url: unknown, tally: Tally): void {
  if (typeof url !== 'string') throw unbounded('a picture without an address', 'it can only be a stored one');
  const head = dataUrlHead.exec(url);
  if (head) {
    notePicture(head[1], url, tally);
  } else if (/^https?:\/\//i.test(url)) {
    tally.pictures++;
    tally.hasRemotePictures = true;
  } else throw unbounded('a picture that is neither an https address nor a base64 data URL', storedFile);
}

/** A picture in the request. Its cap stands for its bytes, which are no text. */
export function notePicture(mediaType: unknown, data: unknown, tally: Tally): void {
  if (!pictureTypes.has(String(mediaType).toLowerCase())) {
    throw unbounded(`a picture of type ${show(mediaType)}`, `only ${[...pictureTypes].join(', ')} are surely pictures`);
  }
  tally.pictures++;
  tally.mediaBytes += textOf(data).length;
}

/** Speech that lies in the request. */
export function noteRecording(data: unknown, tally: Tally): void {
  tally.recordings++;
  tally.mediaBytes += textOf(data).length;
}

/** A file that lies in the request. */
export function noteFile(data: unknown, tally: Tally): void {
  if (typeof data !== 'string') throw unbounded('a file without its data', storedFile);
  tally.files++;
  tally.mediaBytes += data.length;
}

/** OpenAI's `file` and `input_file`: only with the data in the request. */
export const openAiFile: Rule = (value, tally) => {
  const { file_id, file_url, file_data } = objectOf(value);
  if (file_id) throw unbounded('"file_id"', storedFile);
  if (file_url) throw unbounded('"file_url"', 'the provider would fetch a file whose size is not known here');
  noteFile(file_data, tally);
};

/** OpenAI's `input_audio`, in both of its surfaces. */
export const openAiRecording: Rule = (value, tally) => {
  const { input_audio } = objectOf(value);
  noteRecording(isObject(input_audio) ? input_audio.data : undefined, tally);
};

/** Where Anthropic's pictures and documents come from. */
export function refuseStoredSource(source: unknown): void {
  const { type, file_id } = objectOf(source);
  if (type === 'file' || file_id) throw unbounded('"file_id"', storedFile);
}
