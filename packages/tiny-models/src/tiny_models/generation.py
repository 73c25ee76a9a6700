"""Text from a language model: one token after the other, each chosen from the model's guess.

Works with every model that has ``forward(input_ids, state) -> (logits, state)`` and
``initial_state(batch_size, length)``: the RNN, the LSTM and the LLM, whose state is a KV cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import tiny_nn as nn

F = nn.functional


class LanguageModel(Protocol):
    """What generation needs of a model. ``config`` may have ``max_position_embeddings``."""

    config: Any

    def __call__(self, input_ids: nn.Tensor, state: Any = None) -> tuple[nn.Tensor, Any]:
        """(B, T) -> logits (B, T, V), and the state after them."""

    def initial_state(self, batch_size: int, length: int) -> Any:
        """What goes before the first token."""

    def eval(self) -> Any:
        """Without dropout."""


def generate(
    model: LanguageModel,
    input_ids: nn.Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: nn.Generator | None = None,
    use_cache: bool = True,
    eos_token_id: int | None = None,
) -> nn.Tensor:
    """Continue each sequence: (B, T) -> (B, T + new), int64.

    Stops early when every sequence has had ``eos_token_id``; those that had it before go on with
    it. The other options are those of ``stream``.

    >>> import tiny_nn as nn
    >>> from tiny_models.rnn import RNNConfig, RNNLanguageModel
    >>> model = RNNLanguageModel(RNNConfig(vocab_size=10, hidden_size=8))
    >>> generate(model, nn.tensor([[1, 2], [3, 4]]), 5).shape
    (2, 7)
    """
    columns = [input_ids.to(nn.int64)]
    finished = [False] * input_ids.shape[0]
    for tokens in stream(
        model,
        input_ids,
        max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        generator=generator,
        use_cache=use_cache,
    ):
        if eos_token_id is not None:
            chosen = tokens.tolist()
            tokens = nn.tensor(
                [
                    eos_token_id if end else token
                    for end, token in zip(finished, chosen, strict=True)
                ],
                device=input_ids.device,
            )
            finished = [
                end or token == eos_token_id for end, token in zip(finished, chosen, strict=True)
            ]
        columns.append(tokens[:, None])
        if all(finished):
            break
    return nn.cat(columns, 1)


def stream(
    model: LanguageModel,
    input_ids: nn.Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: nn.Generator | None = None,
    use_cache: bool = True,
) -> Iterator[nn.Tensor]:
    """The new tokens (B,) one by one, as they are chosen.

    temperature: 0 takes the likeliest token; above, logits are divided by it and a token is drawn.
    top_k: only among the k likeliest; top_p: only among the likeliest that together have
    probability p (Holtzman et al. 2020). The draws come from ``generator``. ``use_cache=False``
    computes everything anew for each token: the same tokens, later.

    A model with ``max_position_embeddings`` forgets the older half of the text when these are
    full. Raises ValueError, at the call, for an empty input, or one that is longer than that, and
    for options out of range.
    """
    limit = getattr(model.config, "max_position_embeddings", None)
    _check(input_ids, max_new_tokens, temperature, top_k, top_p, limit)

    def choice(logits: nn.Tensor) -> nn.Tensor:
        return choose(logits, temperature, top_k, top_p, generator)

    return _continued(model, input_ids, max_new_tokens, limit, use_cache, choice)


def _continued(
    model: LanguageModel,
    input_ids: nn.Tensor,
    max_new_tokens: int,
    limit: int | None,
    use_cache: bool,
    choice: Callable[[nn.Tensor], nn.Tensor],
) -> Iterator[nn.Tensor]:
    """The new tokens (B,), each by ``choice`` from the last logits (B, V)."""
    model.eval()
    text = input_ids  # (B, length of the window)
    unread = text  # what the state has not seen
    state = None
    for _ in range(max_new_tokens):
        if limit is not None and text.shape[1] > limit:
            text = unread = text[:, -max(1, limit // 2) :]
            state = None
        with nn.no_grad():
            if use_cache:
                if state is None and unread is text:
                    room = text.shape[1] + max_new_tokens
                    room = room if limit is None else min(room, limit)
                    state = model.initial_state(text.shape[0], room)
                logits, state = model(unread, state)
            else:
                logits, _ = model(text)
            tokens = choice(logits[:, -1])  # (B,)
            yield tokens
            unread = tokens[:, None]
            text = nn.cat([text, unread], 1)


def choose(
    logits: nn.Tensor,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: nn.Generator | None = None,
) -> nn.Tensor:
    """A token for each row of logits: (B, V) -> (B,), int64.

    >>> import tiny_nn as nn
    >>> choose(nn.tensor([[0.0, 2.0, 1.0], [5.0, 0.0, 0.0]])).tolist()
    [1, 0]
    """
    if temperature == 0:
        return logits.argmax(-1)
    # The largest at 0, and in float64: a temperature close to 0 overflows nowhere.
    logits = logits.to(nn.float64)
    logits = (logits - logits.amax(-1, keepdim=True)) / temperature
    size = logits.shape[-1]
    if top_k is not None and top_k < size:
        least = logits.topk(top_k, -1)[0][:, -1:]  # (B, 1)
        logits = logits.masked_fill(logits < least, -math.inf)
    if top_p is not None and top_p < 1:
        ordered = logits.sort(-1, descending=True)[0]  # (B, V)
        shares = F.softmax(ordered, -1)
        before = shares.cumsum(-1) - shares  # of those that are likelier
        least = ordered.masked_fill(before >= top_p, math.inf).amin(-1, keepdim=True)
        logits = logits.masked_fill(logits < least, -math.inf)
    # The largest of logits + Gumbel noise is a draw from their softmax (Gumbel 1954).
    uniform = nn.rand(logits.shape, generator=generator, device=logits.device)
    noise = -(-uniform.clamp(min=1e-30).log()).log()
    return (logits + noise).argmax(-1)


def _check(
    input_ids: nn.Tensor,
    max_new_tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    limit: int | None,
) -> None:
    if input_ids.ndim != 2 or 0 in input_ids.shape:
        raise ValueError(
            f"generate: input_ids is (B, T) with a token or more, not {input_ids.shape}"
        )
    if limit is not None and input_ids.shape[1] > limit:
        raise ValueError(
            f"generate: {input_ids.shape[1]} tokens are more than the {limit} that the model can "
            "look at (max_position_embeddings); give a shorter text"
        )
    if max_new_tokens < 0:
        raise ValueError(f"generate: max_new_tokens can't be negative, got {max_new_tokens}")
    if not 0 <= temperature < math.inf:
        raise ValueError(f"generate: temperature is 0 or a positive number, not {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"generate: top_k must be at least 1, got {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"generate: top_p must be above 0 and at most 1, got {top_p}")
