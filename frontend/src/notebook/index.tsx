import { createRoot } from "react-dom/client";
import type { Model } from "./model";
import { NotebookGrid } from "./NotebookGrid";

interface View {
  model: Model;
  el: HTMLElement;
}

/** What anywidget loads: draws the grid into a cell's output, and answers how to take it away again. */
function render({ model, el }: View): () => void {
  const root = createRoot(el);
  root.render(<NotebookGrid model={model} />);
  return () => root.unmount();
}

export default { render };
