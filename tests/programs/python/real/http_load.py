# SPDX-License-Identifier: BSD-2-Clause
"""Customers over HTTP: `http_load.py PORT CUSTOMERS REQUESTS`, so many of each.

They come back on a new connection now and then, so that each worker gets some. Checks every answer; prints `answered N wrong M` and exits with 1 if one is wrong or missing.
"""
import asyncio
import json
import sys


async def ask(reader, writer, path):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return head.startswith("http/1.1 200 "), json.loads(await reader.readexactly(length))


async def customer(port, number, requests):
    answered = wrong = 0
    for i in range(requests):
        if i % 25 == 0:
            if i:
                writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        item = number * requests + i
        what = ("price", "order", "price", "order", "report")[i % 5]
        well, answer = await ask(reader, writer, f"/{what}/{item}")
        answered += 1
        if not well or what == "price" and answer["price"] != item * 3:
            wrong += 1
    writer.close()
    return answered, wrong


async def main(port, customers, requests):
    counts = await asyncio.gather(*(customer(port, i, requests) for i in range(customers)))
    answered, wrong = (sum(c[i] for c in counts) for i in (0, 1))
    print("answered", answered, "wrong", wrong)
    return wrong or answered != customers * requests

sys.exit(bool(asyncio.run(main(*map(int, sys.argv[1:4])))))
