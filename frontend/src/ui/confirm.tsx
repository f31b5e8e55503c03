import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { create } from "zustand";
import { t } from "../app/t";

interface Question {
  title: string;
  body?: string;
  /** The word on the button that does it. */
  yes: string;
  danger?: boolean;
  answer: (yes: boolean) => void;
}

const useQuestion = create<{ question: Question | null }>(() => ({ question: null }));

/** Asks before what cannot be undone; resolves to the answer. */
export function confirm(question: Omit<Question, "answer">): Promise<boolean> {
  return new Promise((answer) => useQuestion.setState({ question: { ...question, answer } }));
}

export function ConfirmHost() {
  const { question } = useQuestion();
  const answer = (yes: boolean) => {
    question?.answer(yes);
    useQuestion.setState({ question: null });
  };
  return (
    <Modal opened={question !== null} onClose={() => answer(false)} title={question?.title} size="sm">
      <Stack>
        {question?.body && <Text size="sm">{question.body}</Text>}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => answer(false)}>
            {t("common.cancel")}
          </Button>
          <Button color={question?.danger ? "red.8" : undefined} onClick={() => answer(true)} data-autofocus>
            {question?.yes}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
