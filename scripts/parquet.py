"""Reads the Parquet tables of a report back, with Arrow and with DuckDB, and compares.

    python scripts/parquet.py --climbdown BINARY SCENARIO

Needs pyarrow and duckdb. Writes a report of the scenario as CSV, as Parquet and as data to a temporary
directory, and fails when a value, a type or a row group differs from what docs/report.md says.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SERIES = [
    ("round", pa.int32()),
    ("table", pa.string()),
    ("name", pa.string()),
    ("part", pa.string()),
    ("measure", pa.string()),
    ("value", pa.float64()),
]


def check(condition, what):
    if not condition:
        sys.exit(f"parquet: {what}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--climbdown", required=True)
    parser.add_argument("scenario")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        out = pathlib.Path(name)
        for form in ["csv", "parquet", "json"]:
            command = [arguments.climbdown, "report", arguments.scenario, "--quiet"]
            command += ["--futures", "4", "--trajectories", "1000"]
            command += ["--format", form, "--out", str(out)]
            subprocess.run(command, check=True)
        # A run writes the same tables.
        command = [arguments.climbdown, "run", arguments.scenario, "--quiet", "--tables", "parquet"]
        command += ["--futures", "4", "--trajectories", "1000", "--out", str(out / "run")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for file in out.glob("*.parquet"):
            same = (out / "run" / file.name).read_bytes() == file.read_bytes()
            check(same, f"{file.name} of the run is another one")
        read_series(out)
        count = 0
        for file in sorted(out.glob("*.parquet")):
            table = pq.read_table(file)
            with open(file.with_suffix(".csv"), newline="", encoding="utf-8") as text:
                rows = list(csv.reader(text))
            check(table.num_rows == len(rows) - 1, f"{file.name}: {table.num_rows} rows")
            check(table.num_columns == len(rows[0]), f"{file.name}: columns")
            # DuckDB has a reader of its own.
            found = duckdb.sql(f"select count(*) from '{file}'").fetchall()[0][0]
            check(found == len(rows) - 1, f"{file.name}: DuckDB reads {found} rows")
            for k, column in enumerate(table.columns):
                cells = [row[k] for row in rows[1:]]
                if pa.types.is_string(column.type):
                    texts = [cell.removeprefix("'") for cell in cells]
                    check(column.to_pylist() == texts, f"{file.name}: column {k}")
            count += 1
        check(count > 5, f"only {count} tables")
        print(f"{count} Parquet tables read back by Arrow and DuckDB")


def read_series(out):
    file = out / "series.parquet"
    parquet = pq.ParquetFile(file)
    check([(f.name, f.type) for f in parquet.schema_arrow] == SERIES, "the schema of series")
    forecast = json.loads((out / "report.json").read_text())["forecast"]
    rounds = forecast["horizon"] + 1
    check(parquet.num_row_groups == rounds, f"{parquet.num_row_groups} row groups")
    for t in range(rounds):
        group = parquet.read_row_group(t)
        check(set(group["round"].to_pylist()) == {t}, f"row group {t} holds another round")
        names = parquet.metadata.row_group(t).column(1)
        check("RLE_DICTIONARY" in names.encodings, "names are no dictionary")
    with open(out / "series.csv", newline="", encoding="utf-8") as text:
        rows = list(csv.reader(text))[1:]
    for row, found in zip(rows, parquet.read().to_pylist(), strict=True):
        value = float(row[5]) if row[5] else None
        check(found["value"] == value, f"{row} is {found}")
        check([str(found[k]) for k, _ in SERIES[:5]] == row[:5], f"{row} is {found}")
    for name, values in forecast["classes"].items():
        query = f"""select value from '{file}'
            where "table" = 'outcome' and name = ? order by round"""
        found = [v for (v,) in duckdb.execute(query, [name]).fetchall()]
        check(found == values, f"outcome {name}")
    totals = duckdb.sql(f"""select sum(value) from '{file}'
        where "table" = 'outcome' group by round""").fetchall()
    check(all(math.isclose(v, 1, abs_tol=1e-8) for (v,) in totals), "outcomes sum to one")


main()
