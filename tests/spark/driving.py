"""A driver that runs jobs on a cluster one after the other: each line of standard input is a request in JSON.

Called as `python driving.py MASTER FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from offduty import run
from offduty.core.errors import OffdutyError
from offduty.engines.spark.session import open_session


def main(master: str, folder: Path) -> None:
    with open_session(master, folder, 1) as session:
        session.range(2).count()
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                result = run(asked["job"], as_of=asked["as_of"], store=asked["store"], engine="spark")
                answer = {"run_id": result.run_id, "published": result.published}
            except OffdutyError as error:
                answer = {"exit": error.exit_code, "message": str(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
