import type { BodyPass } from './body-pass.ts';

/**
 * The admitted bodies that have not arrived completely, in no order. An array, because every request is added and soon
 * deleted: a `Set` makes a new table for that time and again, and a dead table in the old generation keeps all later ones
 * alive, with their requests, until the next full collection.
 */
export class ArrivingBodies {
  readonly #passes: BodyPass[] = [];

  add(pass: BodyPass): void {
    pass.place = this.#passes.push(pass) - 1;
  }

  /** It is not dropped any more. Has no effect if it is not one of them. */
  delete(pass: BodyPass): void {
    if (pass.place === -1) return;
    const last = this.#passes.pop() as BodyPass;
    if (last !== pass) {
      this.#passes[pass.place] = last;
      last.place = pass.place;
    }
    pass.place = -1;
    pass.onDrop = undefined; // a pass that has reached the old generation would keep its request alive
  }

  /** All of them at this moment. */
  list(): BodyPass[] {
    return [...this.#passes];
  }
}
