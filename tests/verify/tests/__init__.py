"""Tests of how tests are proven."""
