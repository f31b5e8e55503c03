import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { FinetuneExample, RleMask } from "../../api/types";
import { type Colour, type Crop, cropOf, drawnSize, tint } from "./crop";
import classes from "./Examples.module.css";
import { say } from "./messages";

const SIDE = 320;
const FIRST = 4;
const TRUTH: Colour = [64, 192, 87];
const BEFORE: Colour = [250, 176, 5];
const AFTER: Colour = [34, 184, 207];

/** The image, once it is here; null when it cannot be had. */
function usePicture(url: string | null): HTMLImageElement | null | undefined {
  const [picture, setPicture] = useState<HTMLImageElement | null | undefined>(undefined);
  useEffect(() => {
    if (!url) {
      setPicture(null);
      return;
    }
    const image = new Image();
    image.onload = () => setPicture(image);
    image.onerror = () => setPicture(null);
    image.src = url;
    return () => {
      image.onload = null;
      image.onerror = null;
    };
  }, [url]);
  return picture;
}

function draw(canvas: HTMLCanvasElement, picture: HTMLImageElement, crop: Crop, mask: RleMask, colour: Colour): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const w = crop.maxX - crop.minX,
    h = crop.maxY - crop.minY;
  // The masks are of the image as seen at its full size; what was loaded may be a smaller rendition.
  const [height, width] = mask.size;
  const x = picture.naturalWidth / width,
    y = picture.naturalHeight / height;
  pen.drawImage(picture, crop.minX * x, crop.minY * y, w * x, h * y, 0, 0, canvas.width, canvas.height);
  const pixels = tint(mask, crop, colour);
  if (!pixels) return;
  const layer = document.createElement("canvas");
  layer.width = w;
  layer.height = h;
  layer.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(pixels), w, h), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(layer, 0, 0, canvas.width, canvas.height);
}

interface ViewProps {
  name: string;
  which: string;
  picture: HTMLImageElement;
  crop: Crop;
  mask: RleMask;
  colour: Colour;
  iou?: number;
}

function View({ name, which, picture, crop, mask, colour, iou }: ViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = drawnSize(crop, SIDE);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, picture, crop, mask, colour);
  }, [picture, crop, mask, colour]);
  return (
    <Stack gap={2} miw={0}>
      <canvas
        ref={canvas}
        width={width}
        height={height}
        className={classes.view}
        role="img"
        aria-label={say("exampleAlt", { class: name, which })}
      />
      <Text size="xs" c="dimmed">
        {which}
        {iou !== undefined && ` · ${say("iou", { value: iou.toFixed(2) })}`}
      </Text>
    </Stack>
  );
}

function Example({ example }: { example: FinetuneExample }) {
  const { class_name: name, truth, before, after, iou_before, iou_after } = example;
  const picture = usePicture(example.image.url);
  const [crop] = useState(() => cropOf(example.bbox, { width: truth.size[1], height: truth.size[0] }));
  return (
    <Stack gap={4} miw={0}>
      <Text size="sm">{name}</Text>
      {picture === null && (
        <Text size="sm" c="dimmed">
          {say("noPicture")}
        </Text>
      )}
      {picture && (
        <Group gap="xs" grow align="flex-start" wrap="nowrap" preventGrowOverflow={false}>
          <View name={name} which={say("truth")} mask={truth} colour={TRUTH} {...{ picture, crop }} />
          <View
            name={name}
            which={say("before")}
            mask={before}
            colour={BEFORE}
            iou={iou_before}
            {...{ picture, crop }}
          />
          <View name={name} which={say("after")} mask={after} colour={AFTER} iou={iou_after} {...{ picture, crop }} />
        </Group>
      )}
    </Stack>
  );
}

/** Some held-out objects side by side: what is there, and what the model made of it before and after. */
export function Examples({ examples }: { examples: readonly FinetuneExample[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? examples : examples.slice(0, FIRST);
  if (examples.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {say("examples")}
      </Text>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {shown.map((example, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an ended run's list does not change.
          <Example key={index} example={example} />
        ))}
      </SimpleGrid>
      {shown.length < examples.length && (
        <Button variant="subtle" mt="xs" onClick={() => setAll(true)}>
          {say("showAll", { count: examples.length })}
        </Button>
      )}
    </div>
  );
}
