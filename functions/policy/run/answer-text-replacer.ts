export { AnswerTextReplacer } from '../patterns/answer-text-replacer.ts';
