"""A lock whose waiters are served in the order they came, each waiting so long and no longer."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """Hands one turn around. What `threading.Lock` does not promise: first come, first served."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[Place] = deque()
        self._taken = False

    def queue_up(self) -> Place:
        """Return a place in the queue; where nobody is before it, the turn is its own at once."""
        place = Place(self)
        with self._mutex:
            if self._taken:
                self._queue.append(place)
            else:
                self._taken = True
                place.call()
        return place

    def hand_over(self) -> bool:
        """Give the turn to who has waited longest; False where nobody waits, and the turn stays where it is."""
        with self._mutex:
            if not self._queue:
                return False
            self._queue.popleft().call()
            return True

    def pass_on(self) -> None:
        """Give the turn to who has waited longest, or leave it to the next who comes."""
        with self._mutex:
            if self._queue:
                self._queue.popleft().call()
            else:
                self._taken = False

    def withdraw(self, place: Place) -> bool:
        """Leave the queue; False where the turn has come meanwhile, and must be used or passed on."""
        with self._mutex:
            if place not in self._queue:
                return False
            self._queue.remove(place)
            return True


class Place:
    """One place in the queue."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._gate = threading.Lock()
        self._gate.acquire()

    def call(self) -> None:
        """Let the waiter go on."""
        self._gate.release()

    def wait(self, seconds: float) -> bool:
        """Wait for the turn; False where it did not come in time, and the place is given up."""
        return self._gate.acquire(timeout=seconds) or not self._turns.withdraw(self)
