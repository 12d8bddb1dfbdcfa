"""Makes databases as rpm has them, and says what SQLite finds in them.

make.py DIR NAME PAGESIZE RESERVED AUTOVACUUM MODE ROWS LONGEST
MODE is plain, wal (committed and uncommitted transactions lie in the log), or
restart (the log was used before, so that old frames lie behind the new ones).
Writes DIR/NAME.db, NAME.db-wal and NAME.want: length and SHA-256 of each blob.
"""

import hashlib
import os
import random
import shutil
import sqlite3
import sys

folder, name, page, reserved, vacuum, mode, rows, longest = sys.argv[1:]
page, reserved, rows, longest = int(page), int(reserved), int(rows), int(longest)
random.seed(name)
work = os.path.join(folder, name + ".work")
path = os.path.join(folder, name + ".db")


def connect(p):
    c = sqlite3.connect(p, isolation_level=None)
    c.execute("PRAGMA synchronous=OFF")
    return c


def blob(i):
    n = random.choice([random.randrange(1, 300), random.randrange(1, longest)])
    period = bytes((i + j // 7) & 255 for j in range(7 * 256))
    return (period * (n // len(period) + 1))[:n]


def fill(c, first, n):
    c.execute("BEGIN")
    for i in range(first, first + n):
        c.execute("INSERT INTO Packages(blob) VALUES (?)", (blob(i),))
        c.execute("INSERT INTO Name VALUES (?, ?, 0)", ("package%d" % i, i))
    c.execute("COMMIT")


c = connect(work)
c.execute("PRAGMA page_size=%d" % page)
c.execute("PRAGMA auto_vacuum=%s" % vacuum)
c.execute("VACUUM")
c.close()
if reserved:
    # Only a database of one empty page can be told to leave room at the end of pages.
    with open(work, "r+b") as f:
        f.seek(20)
        f.write(bytes([reserved]))
        f.seek(105)
        f.write(((page - reserved) & 0xFFFF).to_bytes(2, "big"))
c = connect(work)
c.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
c.execute("CREATE TABLE Name (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
c.execute("CREATE INDEX Name_key_idx ON Name(key)")
fill(c, 0, rows)
c.execute("DELETE FROM Packages WHERE hnum % 7 = 0")
if mode != "plain":
    c.execute("PRAGMA journal_mode=WAL")
    c.execute("PRAGMA wal_autocheckpoint=0")
    fill(c, rows, rows // 2)
    if mode == "restart":
        c.execute("PRAGMA wal_checkpoint(RESTART)")
    c.execute("UPDATE Packages SET blob = ? WHERE hnum % 5 = 1", (b"changed" * 100,))
    c.execute("DELETE FROM Packages WHERE hnum % 11 = 3")
    c.execute("PRAGMA cache_size=1")
    c.execute("BEGIN")
    c.execute("DELETE FROM Packages WHERE hnum % 2 = 0")
    c.execute("INSERT INTO Packages(blob) VALUES (zeroblob(?))", (20 * page,))
shutil.copyfile(work, path)
if mode != "plain":
    shutil.copyfile(work + "-wal", path + "-wal")
    shutil.copyfile(work + "-wal", os.path.join(folder, "check-wal"))
c.close()

check = os.path.join(folder, "check")
shutil.copyfile(path, check)
c = connect(check)
if c.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
    sys.exit("SQLite says that the database is not sound")
with open(os.path.join(folder, name + ".want"), "w") as f:
    for (b,) in c.execute("SELECT blob FROM Packages ORDER BY hnum"):
        f.write("%d %s\n" % (len(b), hashlib.sha256(b).hexdigest()))
c.close()
for left in (check, check + "-wal", check + "-shm", work, work + "-wal", work + "-shm"):
    if os.path.exists(left):
        os.remove(left)
