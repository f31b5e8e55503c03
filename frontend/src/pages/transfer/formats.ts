export const FORMATS = ["coco", "voc", "native"] as const;
export type Format = (typeof FORMATS)[number];

export const MATCHES = ["file_name", "sha256", "id"] as const;
export type Match = (typeof MATCHES)[number];
