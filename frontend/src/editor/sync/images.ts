/** Decoded photographs, kept by bytes: the image on screen, those just left and those that come next. */
const LIMIT_BYTES = 256 * 2 ** 20;

interface Kept {
  readonly bitmap: Promise<ImageBitmap>;
  bytes: number;
}
const kept = new Map<string, Kept>();

/** Fetches and decodes as the image is seen: EXIF orientation applied, like the server's width and height. */
async function decode(url: string): Promise<ImageBitmap> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`The image could not be fetched (${response.status}).`);
  return createImageBitmap(await response.blob(), { imageOrientation: "from-image" });
}

/** By the data unit: its signed address changes, what it points to does not. */
export function loadImage({
  id: key,
  mediaUrl: url,
}: {
  readonly id: string;
  readonly mediaUrl: string;
}): Promise<ImageBitmap> {
  const have = kept.get(key);
  if (have) {
    kept.delete(key);
    kept.set(key, have);
    return have.bitmap;
  }
  const entry: Kept = { bitmap: decode(url), bytes: 0 };
  kept.set(key, entry);
  entry.bitmap.then(
    (b) => {
      entry.bytes = b.width * b.height * 4;
      evict();
    },
    () => kept.delete(key),
  );
  return entry.bitmap;
}

function evict(): void {
  let total = 0;
  for (const { bytes } of kept.values()) total += bytes;
  for (const [key, { bytes }] of kept) {
    if (total <= LIMIT_BYTES || kept.size <= 2) return;
    kept.delete(key);
    total -= bytes;
  }
}
