"""What cannot be carried out as it is asked: one kind of exception, which the service answers with 400 and its code."""

from __future__ import annotations


class Refusal(Exception):
    """``code`` is for programs (bad_prompts, bad_image, …), ``detail`` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
