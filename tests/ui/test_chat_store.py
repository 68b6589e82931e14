"""Where threads live: writes in order, lists that survive, other people's elements left alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
async def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    from chainlit.context import init_http_context

    from tools.records import database
    from ui.chat.files import HomeFiles
    from ui.chat.store import ThreadStore, make_tables

    url = database.address().render_as_string(hide_password=False)
    make_tables(url)
    make_tables(url)  # a second start finds them there
    made = ThreadStore(url, HomeFiles())
    monkeypatch.setattr("chainlit.data._data_layer", made)
    monkeypatch.setattr("chainlit.data._data_layer_initialized", True)
    init_http_context(thread_id="t1")
    yield made
    await made.close()


def step(number: int, output: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "name": "tool",
        "type": "tool",
        "threadId": "t1",
        "streaming": False,
        "output": output,
        "createdAt": f"2026-11-21T00:00:{number:02d}.000000Z",
        **more,
    }


async def test_forty_quick_steps_keep_their_last_output(store: Any) -> None:
    """The stock layer keeps about half: each write is a task, and the older one may land last."""
    await store.update_thread("t1", name="one")
    tasks = []
    for i in range(40):
        tasks.append(asyncio.create_task(store.create_step(step(i, ""))))
        tasks.append(asyncio.create_task(store.update_step(step(i, f"output {i}"))))
    await asyncio.gather(*tasks)
    rows = await store.execute_sql('SELECT "id", "output" FROM steps', {})
    assert {row["id"]: row["output"] for row in rows} == {f"s{i}": f"output {i}" for i in range(40)}
    assert store.failed_writes == 0


async def test_lists_and_dicts_come_back_as_they_were(store: Any) -> None:
    await store.update_thread("t1", name="one", tags=["Newcomer"], metadata={"chat_profile": "Newcomer"})
    await store.create_step(step(1, "x", tags=["a", "b"], modes={"m": 1}, metadata={"k": [1, 2]}))
    (row,) = await store.execute_sql('SELECT "tags", "modes", "metadata" FROM steps', {})
    assert row == {"tags": ["a", "b"], "modes": {"m": 1}, "metadata": {"k": [1, 2]}}
    (thread,) = await store.execute_sql('SELECT "tags", "metadata" FROM threads', {})
    assert thread == {"tags": ["Newcomer"], "metadata": {"chat_profile": "Newcomer"}}
    assert store.failed_writes == 0


async def test_a_failed_write_is_counted(store: Any) -> None:
    await store.execute_sql("INSERT INTO nowhere VALUES (1)", {})
    assert store.failed_writes == 1


async def test_an_element_of_another_thread_is_not_written_over(store: Any) -> None:
    insert = (
        'INSERT INTO elements ("id", "threadId", "type", "name", "props") VALUES (:id, :thread, :type, :name, :props)'
    )
    await store.execute_sql(insert, {"id": "e1", "thread": "t1", "type": "custom", "name": "Card", "props": '{"a": 1}'})
    theirs = SimpleNamespace(id="e1", thread_id="t2", url=None, path=None, content="{}")
    await store.create_element(theirs)
    (row,) = await store.execute_sql('SELECT "threadId", "props" FROM elements', {})
    assert (row["threadId"], row["props"]) == ("t1", '{"a": 1}')


async def test_no_address_that_a_client_names_is_fetched(store: Any) -> None:
    await store.create_element(
        SimpleNamespace(id="e2", thread_id="t1", url="http://127.0.0.1:9/x", path=None, content=None)
    )
    assert await store.execute_sql('SELECT * FROM elements WHERE "id" = :id', {"id": "e2"}) == []


async def test_an_element_is_its_owners(store: Any) -> None:
    insert = 'INSERT INTO threads ("id", "userIdentifier") VALUES (:id, :user)'
    await store.execute_sql(insert, {"id": "t1", "user": "ada"})
    insert = 'INSERT INTO elements ("id", "threadId", "type", "name") VALUES (:id, :thread, :type, :name)'
    await store.execute_sql(insert, {"id": "e1", "thread": "t1", "type": "file", "name": "rows.jsonl"})
    assert (await store.owns_element("e1", "ada"))["name"] == "rows.jsonl"
    assert await store.owns_element("e1", "bob") is None


async def test_the_side_bar_is_one_page_of_ones_own_threads_newest_first(store: Any) -> None:
    from chainlit.types import Pagination, ThreadFilter

    for i in range(25):
        insert = 'INSERT INTO threads ("id", "userId", "createdAt", "name") VALUES (:id, :user, :at, :name)'
        await store.execute_sql(
            insert, {"id": f"t{i}", "user": "u1", "at": f"2026-11-21T00:00:{i:02d}", "name": str(i)}
        )
    await store.execute_sql(insert, {"id": "other", "user": "u2", "at": "2026-11-22", "name": "theirs"})
    first = await store.list_threads(Pagination(first=20), ThreadFilter(userId="u1"))
    assert [t["id"] for t in first.data] == [f"t{i}" for i in range(24, 4, -1)]
    rest = await store.list_threads(Pagination(first=20, cursor=first.pageInfo.endCursor), ThreadFilter(userId="u1"))
    assert [t["id"] for t in rest.data] == [f"t{i}" for i in range(4, -1, -1)]
    assert not rest.pageInfo.hasNextPage
