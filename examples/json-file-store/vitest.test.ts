import { describe, it } from 'vitest';
import { testJsonFileStore } from './contract.ts';

testJsonFileStore({ describe, it });
