"""Tests in which several of zyn's programs take part."""
