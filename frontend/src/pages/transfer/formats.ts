export const FORMATS = ["coco", "voc", "native"] as const;
export type Format = (typeof FORMATS)[number];

export const MATCHES = ["file_name", "sha256", "id"] as const;
export type Match = (typeof MATCHES)[number];

export const KINDS = ["labels", "predictions"] as const;
export type Kind = (typeof KINDS)[number];

/** The formats that can say how sure a model is. */
export const PREDICTION_FORMATS: readonly Format[] = ["coco", "native"];

/** Whose predictions a file holds; `trained_on` names a snapshot. */
export interface ImportedModel {
  name: string;
  version: string;
  trained_on: string;
  out_of_sample: boolean;
}

/** The `model` of an import's form. What nobody said is left out: unknown is not the same as no. */
export function modelField({ name, version, trained_on, out_of_sample }: ImportedModel): string {
  return JSON.stringify({
    name: name.trim(),
    ...(version.trim() && { version: version.trim() }),
    ...(trained_on.trim() && { trained_on: trained_on.trim() }),
    ...(out_of_sample && { out_of_sample }),
  });
}
