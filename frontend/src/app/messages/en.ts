import { common } from "./common";
import { manage } from "./manage";
import { work } from "./work";

/** All the words of the pages, in English. A second language is a second object of the same keys. */
export const en = { ...common, ...work, ...manage } as const;
