/** Answers the compiled `child.js`; takes about three seconds when something changed, else none. */
export declare function compileChild(): Promise<string>;
