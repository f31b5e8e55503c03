import { Modal, Stack, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useState } from "react";
import type { DataUnit } from "../../api/types";
import { t } from "../../app/t";
import { More } from "../../ui/More";
import classes from "./UnitGrid.module.css";

interface Props {
  list: { rows: DataUnit[]; hasMore: boolean; loadingMore: boolean; loadMore: () => unknown };
}

const CELL = 132;
const GAP = 8;

function Cell({ unit, onOpen }: { unit: DataUnit; onOpen: () => void }) {
  return (
    <button type="button" className={classes.cell} onClick={onOpen} title={unit.name}>
      <img src={unit.thumbnail_url} alt="" loading="lazy" decoding="async" />
      <span>{unit.name}</span>
    </button>
  );
}

/** Thumbnails in rows, of which only those near the window are in the page. */
export function UnitGrid({ list }: Props) {
  const { ref, width } = useElementSize();
  const [open, setOpen] = useState<DataUnit | null>(null);
  const columns = Math.max(2, Math.floor((width + GAP) / (CELL + GAP)));
  const count = Math.ceil(list.rows.length / columns);
  const virtual = useWindowVirtualizer({ count, estimateSize: () => CELL + 26 + GAP, overscan: 3 });
  return (
    <div ref={ref}>
      <div className={classes.canvas} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => (
          <div
            key={row.key}
            className={classes.row}
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, 1fr)` }}
          >
            {list.rows.slice(row.index * columns, (row.index + 1) * columns).map((unit) => (
              <Cell key={unit.id} unit={unit} onOpen={() => setOpen(unit)} />
            ))}
          </div>
        ))}
      </div>
      <More hasMore={list.hasMore} loading={list.loadingMore} load={list.loadMore} />
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={open?.name} size="xl">
        {open && (
          <Stack gap="xs">
            <img src={open.media_url} alt={open.name} className={classes.large} />
            <Text size="sm" c="dimmed">
              {t("datasets.size", { width: open.width, height: open.height })}
            </Text>
            {Object.keys(open.metadata ?? {}).length > 0 && (
              <pre className={classes.metadata}>{JSON.stringify(open.metadata, null, 2)}</pre>
            )}
          </Stack>
        )}
      </Modal>
    </div>
  );
}
