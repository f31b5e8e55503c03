"""Crops of images and the sprite sheets that they are put on, with Pillow."""
