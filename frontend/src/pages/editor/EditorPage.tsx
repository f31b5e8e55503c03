import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { keys } from "../../api/keys";
import { useMe } from "../../app/session";
import { t } from "../../app/t";
import Editor from "../../editor/ui/Editor";

/** The editor fills the window: no shell around it. It goes from task to task by itself, in one entry of the history. */
export default function EditorPage() {
  const { project, task } = useParams({ from: "/inside/projects/$project/tasks/$task" });
  const { preferences } = useMe();
  const navigate = useNavigate();
  const router = useRouter();
  const client = useQueryClient();
  useEffect(() => {
    document.title = `${t("editor.title")} · ${t("app.name")}`;
  }, []);
  const forget = useCallback(() => {
    void client.invalidateQueries({ queryKey: keys.project(project) });
    void client.invalidateQueries({ queryKey: keys.myTasks });
  }, [client, project]);
  const exit = useCallback(() => {
    forget();
    if (router.history.canGoBack()) router.history.back();
    else void navigate({ to: "/queue" });
  }, [forget, navigate, router]);
  const next = useCallback(
    (taskId: string | null) => {
      if (taskId !== null) {
        void navigate({ to: "/projects/$project/tasks/$task", params: { project, task: taskId }, replace: true });
        return;
      }
      forget();
      void navigate({ to: "/queue", replace: true });
    },
    [forget, navigate, project],
  );
  return <Editor taskId={task} projectId={project} onNext={next} onExit={exit} keymap={preferences.keymap} />;
}
