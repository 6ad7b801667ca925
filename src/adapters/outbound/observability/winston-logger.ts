import { createLogger, format, type Logform, transports } from 'winston';
import type { Logger } from '#application/ports/logger';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** One JSON object a line on stdout. Errors in the fields are written with name, message, stack and cause. */
export function createWinstonLogger(level: LogLevel): Logger {
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
  };
}
