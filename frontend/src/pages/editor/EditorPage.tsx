import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useCallback } from "react";
import { keys } from "../../api/keys";
import Editor from "../../editor/ui/Editor";

/** The editor fills the window: no shell around it. */
export default function EditorPage() {
  const { project, task } = useParams({ from: "/inside/projects/$project/tasks/$task" });
  const navigate = useNavigate();
  const client = useQueryClient();
  const leave = useCallback(() => {
    void client.invalidateQueries({ queryKey: keys.project(project) });
    void client.invalidateQueries({ queryKey: keys.myTasks });
    void navigate({ to: "/queue" });
  }, [client, navigate, project]);
  const next = useCallback(
    (taskId: string | null) => {
      if (taskId === null) leave();
      else void navigate({ to: "/projects/$project/tasks/$task", params: { project, task: taskId }, replace: true });
    },
    [leave, navigate, project],
  );
  return <Editor key={task} taskId={task} projectId={project} onNext={next} onExit={leave} />;
}
