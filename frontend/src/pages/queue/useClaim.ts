import { useNavigate } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { claim } from "../../api/projects";
import { notify } from "../../app/notify";
import { t } from "../../app/t";
import { useAction } from "../../ui/useAction";

interface Wish {
  stage: string;
  title: string;
  /** The very task that the person means. */
  wanted?: string;
}

/** Claims the next task of a stage and opens it, or says that there is none. */
export function useClaim(project: string) {
  const navigate = useNavigate();
  return useAction(
    async ({ stage, title, wanted }: Wish) => ({ task: await claim(project, stage, wanted), title, wanted }),
    {
      forget: [keys.stages(project), keys.myTasks],
      onDone: ({ task, title, wanted }) => {
        if (task) void navigate({ to: "/projects/$project/tasks/$task", params: { project, task: task.id } });
        else notify({ message: wanted ? t("queue.taken") : t("queue.empty", { stage: title }) });
      },
    },
  );
}
