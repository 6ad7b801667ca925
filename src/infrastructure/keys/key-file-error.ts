/**
 * The file of API keys cannot be used or changed. The message is one line for people: it names the file, and contains
 * neither a key nor a digest. A `cause` is an error of the file system only; that of a JSON parser would quote the file.
 */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
  }
}
