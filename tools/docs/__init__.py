"""Keeps the documentation true: runs what its pages show, and writes the parts that the code itself tells.

``python -m tools.docs`` brings every page up to date. A page is written for readers; this is all it has to know of the
tool:

- A ``console`` fence holds commands after ``$ `` and below each what it prints; a line ``...`` there stands for
  anything. All commands of a page run in one shell, in order, in an empty folder. A command goes on in the next line
  after a backslash, with ``> `` before it.
- A fence with ``title="NAME"`` is a file, written where it stands; a ``diff`` fence with a title changes that file.
- ``<!-- copy: FROM TO -->`` copies a folder of the project there. ``<!-- not run: WHY -->`` before a fence says that
  its commands are not run, ``<!-- needs: TOOL -->`` that they are run where the tool is on PATH.
"""
