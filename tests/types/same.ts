/** Whether two types are the same: assignable both ways, `any` excluded. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless the type is `true`. */
export function same<T extends true>(_: T): void {}
