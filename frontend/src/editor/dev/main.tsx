import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { cssVariables, theme } from "../../app/theme";
import Editor from "../ui/Editor";
import { type Fake, makeFake } from "./fake";
import type { AssistMood } from "./fakeAssist";

declare global {
  interface Window {
    fake: Fake;
  }
}

const query = new URLSearchParams(location.search),
  scheme = query.get("scheme");

function Page({ port }: { port: Fake }) {
  const [task, setTask] = useState<string | null>("t1");
  if (!task) return <p>No task left.</p>;
  return <Editor key={task} taskId={task} projectId="p" onNext={setTask} onExit={() => setTask(null)} port={port} />;
}

const fake = await makeFake({
  stageType: query.get("stage") ?? "annotate",
  round: Number(query.get("round") ?? 1),
  count: Number(query.get("n") ?? 0),
  required: query.has("required"),
  assist: (query.get("assist") ?? "classical") as AssistMood,
});
window.fake = fake;
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme={scheme === "light" || scheme === "dark" ? scheme : "auto"}
    >
      <Page port={fake} />
    </MantineProvider>,
  );
