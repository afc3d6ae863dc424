/** Styles are built into a file of their own. */
declare module '*.css';
