import { describe, it } from 'node:test';
import { testJsonFileStore } from './contract.ts';

testJsonFileStore({ describe, it });
