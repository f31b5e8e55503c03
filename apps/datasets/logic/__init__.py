"""Pure rules of datasets: images, metadata, signed links, addresses. No Django."""
