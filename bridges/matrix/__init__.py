"""Matrix: matrix-nio on one side, our events and actions on the other."""

from bridges.matrix.bridge import MatrixBridge

__all__ = ["MatrixBridge"]
