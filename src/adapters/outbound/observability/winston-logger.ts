import { createLogger, format, type Logform, transports } from 'winston';
import type { Logger } from '#application/ports/logger';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Errors of an aggregate that are written: the first ones are enough to understand a flood. */
const MAX_LISTED_ERRORS = 10;

/**
 * Logs to stdout, one JSON object per line. Errors in the fields are written with name, message, stack and cause; the
 * errors of an aggregate with name and message. A line that cannot be written is lost, with no other effect.
 */
export function createWinstonLogger(level: LogLevel): Logger {
  process.stdout.on('error', () => {}); // the reader of the pipe is gone: that must not end the process
  return createLogger({
    level,
    format: format.combine(format.timestamp(), plainErrors(), format.json()),
    transports: [new transports.Console()],
  });
}

const plainErrors = format((info: Logform.TransformableInfo) => {
  for (const [key, value] of Object.entries(info)) {
    if (value instanceof Error) info[key] = plainError(value);
  }
  return info;
});

function plainError(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: plainError(error.cause) } : {}),
    ...(error instanceof AggregateError ? { errors: error.errors.slice(0, MAX_LISTED_ERRORS).map(String) } : {}),
  };
}
