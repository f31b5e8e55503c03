"""From geometries, as labels and predictions have them, to boxes, overlaps and crops that the scorers measure."""
