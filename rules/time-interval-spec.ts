// How recurring times are written, in a file and over HTTP.

/** One entry, as it is written (plain data). A field that is left out matches always. */
export interface TimeIntervalSpec {
  /** `HH:MM` to before `HH:MM` of the same day; the end may be `24:00`. */
  readonly times?: readonly { readonly start_time: string; readonly end_time: string }[] | undefined;
  /** `monday`, `monday:friday`, `saturday:sunday`. */
  readonly weekdays?: readonly string[] | undefined;
  /** `1`, `1:5`, `-3:-1` (from the end of the month). */
  readonly days_of_month?: readonly string[] | undefined;
  /** `december`, `12`, `november:february`. */
  readonly months?: readonly string[] | undefined;
  /** `2026`, `2026:2028`. */
  readonly years?: readonly string[] | undefined;
  /** A name of the IANA time zone database; UTC when it is left out. */
  readonly location?: string | undefined;
}
