import { createLogger, format, type Logform, transports } from 'winston';
import type { Logger } from '#application/ports/logger';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Errors of an aggregate that are written: a flood says nothing that its first ones do not. */
const LISTED_ERRORS = 10;

/**
 * One JSON object a line on stdout. Errors in the fields are written with name, message, stack and cause, and what an
 * aggregate holds with name and message. Lines that cannot be written are lost, and nothing else is.
 */
export function createWinstonLogger(level: LogLevel): Logger {
  process.stdout.on('error', () => {}); // whoever read the lines is gone: that must not end the process
  return createLogger({
    level,
    format: format.combine(format.timestamp(), spelledOutErrors(), format.json()),
    transports: [new transports.Console()],
  });
}

const spelledOutErrors = format((info: Logform.TransformableInfo) => {
  for (const [key, value] of Object.entries(info)) {
    if (value instanceof Error) info[key] = spellOut(value);
  }
  return info;
});

function spellOut(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: spellOut(error.cause) } : {}),
    ...(error instanceof AggregateError ? { errors: error.errors.slice(0, LISTED_ERRORS).map(String) } : {}),
  };
}
