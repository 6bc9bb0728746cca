import { z } from 'zod';
/** RFC 3339 of epoch milliseconds. */
export declare function timeText(at: number): string;
export declare function timeTextOrNull(at: number | null): string | null;
export declare const timeOut: z.ZodISODateTime;
export declare const labelsOut: z.ZodRecord<z.ZodString, z.ZodString>;
/** A point in time from outside, as epoch milliseconds. */
export declare const timeIn: z.ZodPipe<
  z.ZodUnion<readonly [z.ZodISODateTime, z.ZodNumber]>,
  z.ZodTransform<number, string | number>
>;
/** A span such as `30m`, as milliseconds. */
export declare const durationIn: z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>;
/** Query parameters of every list. */
export declare const pageQuery: {
  limit: z.ZodDefault<z.ZodCoercedNumber<unknown>>;
  cursor: z.ZodOptional<z.ZodString>;
};
export declare function pageOut<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<
  {
    items: z.ZodArray<Item>;
    next: z.ZodNullable<z.ZodString>;
  },
  z.core.$strip
>;
/** A query parameter that takes several words, separated by commas. */
export declare function wordsIn<const Word extends string>(
  known: readonly [Word, ...Word[]],
): z.ZodPipe<
  z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>>,
  z.ZodArray<z.ZodEnum<{ [k_1 in Word]: k_1 } extends infer T ? { [k in keyof T]: T[k] } : never>>
>;
