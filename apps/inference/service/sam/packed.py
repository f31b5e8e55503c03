"""SAM's prompt encoder and mask decoder as one function of plain tensors, each row with an image of its own.

The library's decoder repeats one embedding for all prompts; this one packs prompts of different images into a batch. It
is also what is written as ONNX (export.py), so it holds tensor operations only.

It does less work for the same answer. An image has thousands of cells and a prompt a handful of tokens, so instead of
projecting every cell to keys, queries and values, the projections are applied to the tokens: ``q (W x) = (W' q) x``.
What a key's bias adds to a token's scores is the same for all cells, and softmax does not see it. Cells stay rows of
channels throughout, so that the upscaling is two plain products and no large tensor is turned around.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class PackedDecoder(nn.Module):
    """The weights are ``sam``'s own, not copies: training them trains it."""

    def __init__(self, sam: Any) -> None:
        super().__init__()
        self.prompts = sam.prompt_encoder
        self.decoder = sam.mask_decoder

    def forward(
        self, embeddings: Tensor, points: Tensor, labels: Tensor, masks: Tensor, has_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Low-resolution logits (n, 4, 4h, 4w) and scores (n, 4) of all mask tokens.

        ``embeddings`` (n or 1, c, h, w); ``points`` (n, k, 2) in pixels of the model's input, ``labels`` (n, k) 1 adds,
        0 subtracts, 2 and 3 the corners of a box, -1 nothing; ``masks`` (n, 1, 4h, 4w) where ``has_mask`` (n,) is 1.
        """
        tokens = self._tokens(points, labels)
        flag = has_mask[:, None, None, None]
        nothing = self.prompts.no_mask_embed.weight.reshape(1, -1, 1, 1)
        source = embeddings + flag * self.prompts.mask_downscaling(masks) + (1 - flag) * nothing
        place = self.prompts.get_dense_pe().flatten(2).transpose(1, 2)
        tokens, cells = self._transform(tokens, source.flatten(2).transpose(1, 2), place)
        return self._masks(tokens, cells, embeddings.shape[2], embeddings.shape[3]), cast(
            Tensor, self.decoder.iou_prediction_head(tokens[:, 0])
        )

    def _tokens(self, points: Tensor, labels: Tensor) -> Tensor:
        """The output tokens, and those of the prompts behind them, (n, 5 + k, c)."""
        encoder, decoder = self.prompts, self.decoder
        embedded = encoder.pe_layer.forward_with_coords(points + 0.5, encoder.input_image_size)
        kind = labels[..., None]
        embedded = embedded * (kind != -1) + encoder.not_a_point_embed.weight * (kind == -1)
        for number, embedding in enumerate(encoder.point_embeddings):
            embedded = embedded + embedding.weight * (kind == number)
        output = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        return torch.cat([output[None].expand(points.shape[0], -1, -1), embedded], 1)

    def _transform(self, tokens: Tensor, cells: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """The two-way transformer: tokens look at each other, at the image, and the image at them."""
        transformer, queries = self.decoder.transformer, tokens
        for number, layer in enumerate(transformer.layers):
            if number == 0:
                queries = layer.self_attn(queries, queries, queries)
            else:
                placed = queries + tokens
                queries = queries + layer.self_attn(placed, placed, queries)
            queries = layer.norm1(queries)
            seen = cells + place
            queries = layer.norm2(queries + look(layer.cross_attn_token_to_image, queries + tokens, seen, cells))
            queries = layer.norm3(queries + layer.mlp(queries))
            cells = layer.norm4(cells + answer(layer.cross_attn_image_to_token, seen, queries + tokens, queries))
        last = look(transformer.final_attn_token_to_image, queries + tokens, cells + place, cells)
        return transformer.norm_final_attn(queries + last), cells

    def _masks(self, tokens: Tensor, cells: Tensor, height: int, width: int) -> Tensor:
        """Every cell becomes 2 x 2, and again; a mask is the product of its token's vector with them."""
        first, norm, soft, second, soft_too = self.decoder.output_upscaling
        fine = unfold(cells, first)
        fine = soft(functional.layer_norm(fine, fine.shape[-1:], norm.weight, norm.bias, norm.eps))
        fine = soft_too(unfold(fine, second))
        heads = self.decoder.output_hypernetworks_mlps
        vectors = torch.stack([head(tokens[:, 1 + number]) for number, head in enumerate(heads)], 1)
        n, count = vectors.shape[0], len(heads)
        logits = fine.flatten(1, -2) @ vectors.transpose(1, 2)
        grid: Tensor = logits.reshape(n, height, width, 2, 2, 2, 2, count)
        return grid.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(n, count, height * 4, width * 4)


def unfold(cells: Tensor, layer: Any) -> Tensor:
    """A transposed convolution whose steps do not overlap: (…, c) to (…, 4, d), the four in the order of rows."""
    out = layer.weight.shape[1]
    weight = layer.weight.permute(0, 2, 3, 1).flatten(1)
    return split(cells @ weight, -1, (4, out)) + cast(Tensor, layer.bias)


def look(attention: Any, tokens: Tensor, seen: Tensor, cells: Tensor) -> Tensor:
    """Tokens (n, t, c) attend to an image's cells (n, s, c): ``attention(q=tokens, k=seen, v=cells)``."""
    heads = attention.num_heads
    n, count, channels = tokens.shape
    query = by_head(attention.q_proj(tokens), heads)
    size = query.shape[-1]
    asked = query * size**-0.5 @ split(attention.k_proj.weight, 0, (heads, size))
    weights = (asked.reshape(n, heads * count, channels) @ seen.transpose(1, 2)).softmax(-1)
    mixed = (weights @ cells).reshape(n, heads, count, channels)
    value = mixed @ split(attention.v_proj.weight, 0, (heads, size)).transpose(1, 2)
    return cast(Tensor, attention.out_proj(value.transpose(1, 2).flatten(2) + attention.v_proj.bias))


def answer(attention: Any, seen: Tensor, tokens: Tensor, values: Tensor) -> Tensor:
    """An image's cells attend to tokens: ``attention(q=seen, k=tokens, v=values)``, (n, s, c)."""
    heads = attention.num_heads
    n, count, channels = tokens.shape
    key = by_head(attention.k_proj(tokens), heads)
    size = key.shape[-1]
    key = key * size**-0.5
    asked = (key @ split(attention.q_proj.weight, 0, (heads, size))).reshape(n, heads * count, channels)
    offset = (key @ attention.q_proj.bias.reshape(heads, size, 1)).reshape(n, 1, heads * count)
    scores = seen @ asked.transpose(1, 2) + offset
    weights = split(scores, -1, (heads, -1)).softmax(-1).flatten(2)
    given = by_head(attention.v_proj(values), heads)
    given = given @ split(attention.out_proj.weight, 1, (heads, size)).permute(1, 2, 0)
    return cast(Tensor, weights @ given.reshape(n, heads * count, channels) + attention.out_proj.bias)


def by_head(rows: Tensor, heads: int) -> Tensor:
    """(n, t, d) to (n, heads, t, d / heads)."""
    return split(rows, -1, (heads, -1)).transpose(1, 2)


def split(values: Any, axis: int, sizes: tuple[int, ...]) -> Tensor:
    """``unflatten``, which torch leaves without types."""
    return cast(Tensor, values.unflatten(axis, sizes))
