// A message holds {name} for a value and {count|task|tasks} for a word that follows a number.
type Names<S extends string> = S extends `${string}{${infer Inner}}${infer Rest}`
  ? (Inner extends `${infer Name}|${string}` ? Name : Inner) | Names<Rest>
  : never;

type Values<S extends string> = [Names<S>] extends [never] ? [] : [Record<Names<S>, string | number>];

export type Messages = Readonly<Record<string, string>>;

const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

export function fill(message: string, values: Readonly<Record<string, string | number>> = {}): string {
  return message.replace(/\{([^{}]+)\}/g, (whole, inner: string) => {
    const [name = "", one, many] = inner.split("|");
    const value = values[name];
    if (value === undefined) return whole;
    if (one !== undefined) return (plural.select(Number(value)) === "one" ? one : many) ?? one;
    return typeof value === "number" ? number.format(value) : value;
  });
}

/** A typed `t` over its own messages, for parts that are loaded on their own. */
export function createT<M extends Messages>(messages: M) {
  return <K extends keyof M & string>(key: K, ...values: Values<M[K]>): string => fill(messages[key] ?? key, values[0]);
}
