"""The Python packages openai and litellm, which call the gateway. Reads the names of tests, and answers each line."""

import asyncio
import json
import os
import sys

BASE_URL, API_KEY = os.environ["BASE_URL"], os.environ["API_KEY"]
QUESTION, LONG, BOTH, WEATHER = (os.environ[name] for name in ("QUESTION", "LONG", "BOTH", "WEATHER"))

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": SCHEMA}}
    for name in ("get_weather", "get_time")
]
MESSAGES = [{"role": "user", "content": QUESTION}]


class OpenAI:
    """The package openai."""

    def __init__(self):
        import openai

        self.errors = openai
        self.client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY, max_retries=0)
        self.asynchronous = openai.AsyncOpenAI(base_url=BASE_URL, api_key=API_KEY, max_retries=0)

    def chat(self, **request):
        return self.client.chat.completions.create(**{"model": "gpt", "messages": MESSAGES, **request})

    def structured(self):
        from pydantic import BaseModel

        class Place(BaseModel):
            city: str

        request = {"model": "gpt", "messages": MESSAGES, "response_format": Place}
        assert self.client.chat.completions.parse(**request).choices[0].message.parsed == Place(city="Oslo")

    def embed(self, texts):
        return [each.embedding for each in self.client.embeddings.create(model="vectors", input=texts).data]

    async def stream_asynchronously(self, started):
        messages = [{"role": "user", "content": LONG}]
        stream = await self.asynchronous.chat.completions.create(model="gpt", messages=messages, stream=True)
        async for _ in stream:
            started.set()

    def responses(self):
        response = self.client.responses.create(model="gpt", input=QUESTION)
        assert response.output_text.startswith("You asked"), response


class LiteLLM:
    """The package litellm, with its provider for anything that speaks OpenAI's API."""

    def __init__(self):
        import litellm

        litellm.suppress_debug_info = True
        self.errors = litellm
        self.settings = {"api_base": BASE_URL, "api_key": API_KEY, "max_retries": 0}

    def chat(self, model="gpt", **request):
        return self.errors.completion(f"openai/{model}", **{"messages": MESSAGES, **request}, **self.settings)

    def structured(self):
        schema = {"name": "place", "strict": True, "schema": SCHEMA}
        answer = self.chat(response_format={"type": "json_schema", "json_schema": schema})
        assert json.loads(answer.choices[0].message.content) == {"city": "Oslo"}, answer

    def embed(self, texts):
        request = {"input": texts, "encoding_format": "float", **self.settings}
        return [each["embedding"] for each in self.errors.embedding("openai/vectors", **request).data]

    async def stream_asynchronously(self, started):
        messages = [{"role": "user", "content": LONG}]
        stream = await self.errors.acompletion("openai/gpt", messages=messages, stream=True, **self.settings)
        async for _ in stream:
            started.set()


def text(package):
    answer = package.chat().choices[0].message.content
    assert answer.startswith(f'You asked: "{QUESTION}"'), answer
    if hasattr(package, "responses"):
        package.responses()


def stream(package):
    pieces = [chunk.choices[0].delta.content or "" for chunk in package.chat(stream=True) if chunk.choices]
    assert "".join(pieces).endswith("the end of the answer."), pieces


def tools_in_two_steps(ask):
    """`ask` returns the message of an answer."""
    message = ask(tools=TOOLS[:1])
    calls = message["tool_calls"]
    assert [json.loads(each["function"]["arguments"]) for each in calls] == [{"city": "Oslo"}], message
    results = [{"role": "tool", "tool_call_id": each["id"], "content": WEATHER} for each in calls]
    answer = ask(tools=TOOLS[:1], messages=[*MESSAGES, message, *results])
    assert WEATHER in answer["content"], answer


def tools(package):
    def ask(**request):
        return package.chat(**request).choices[0].message.model_dump(exclude_none=True)

    tools_in_two_steps(ask)


def streamed_tools(package):
    def ask(**request):
        content, calls = "", {}
        for chunk in package.chat(stream=True, **request):
            for choice in chunk.choices:
                content += choice.delta.content or ""
                for piece in choice.delta.tool_calls or []:
                    call = calls.setdefault(piece.index, {"type": "function", "function": {"name": "", "arguments": ""}})
                    call["id"] = piece.id or call["id"]
                    call["function"]["name"] += piece.function.name or ""
                    call["function"]["arguments"] += piece.function.arguments or ""
        return {"role": "assistant", "content": content, **({"tool_calls": list(calls.values())} if calls else {})}

    tools_in_two_steps(ask)


def two_tools(package):
    messages = [{"role": "user", "content": BOTH}]
    calls = package.chat(tools=TOOLS, messages=messages).choices[0].message.tool_calls
    assert [each.function.name for each in calls] == ["get_weather", "get_time"], calls


def structured(package):
    package.structured()


def usage(package):
    total = package.chat().usage.total_tokens
    chunks = list(package.chat(stream=True, stream_options={"include_usage": True}))
    streamed = [chunk.usage.total_tokens for chunk in chunks if getattr(chunk, "usage", None)]
    assert total > 0 and streamed == [total], (total, streamed)


def error(package):
    for streaming in (False, True):
        for model, expected, status, code in (
            ("blocked", package.errors.BadRequestError, 400, "content_filtered"),
            ("nothing", package.errors.NotFoundError, 404, "invalid_model"),
        ):
            try:
                package.chat(model=model, stream=streaming)
            except expected as caught:
                # litellm's have none.
                assert caught.status_code == status and caught.code in (code, None), caught.__dict__
            else:
                raise AssertionError(f"{model} was answered")


def abort(package):
    """Cancels a task that is in the middle of a long stream."""

    async def cancelled():
        started = asyncio.Event()
        task = asyncio.create_task(package.stream_asynchronously(started))
        await asyncio.wait_for(started.wait(), 60)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return
        raise AssertionError("the task was not cancelled")

    asyncio.run(cancelled())


def embeddings(package):
    vectors = package.embed(["Rain in Oslo", "Sun in Lima"])
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 0 and vectors[0] != vectors[1], vectors


TESTS = {
    "text": text,
    "stream": stream,
    "tools": tools,
    "streamedTools": streamed_tools,
    "twoTools": two_tools,
    "structured": structured,
    "usage": usage,
    "error": error,
    "abort": abort,
    "embeddings": embeddings,
}


def main():
    import traceback

    package = {"openai": OpenAI, "litellm": LiteLLM}[sys.argv[1]]()
    # What the packages print is no answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            TESTS[line.strip()](package)
            fault = None
        except Exception:
            fault = traceback.format_exc()
        print(json.dumps([line.strip(), fault]), file=answers, flush=True)


main()
