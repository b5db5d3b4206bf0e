"""Python clients against a running gateway: EMBEDGATE_BASE_URL says where."""

import base64
import json
import os
import pathlib
import unittest
import unittest.mock

import numpy
import openai
import tiktoken
from langchain_openai import OpenAIEmbeddings

BASE_URL = os.environ["EMBEDGATE_BASE_URL"]
MODEL = "all-MiniLM-L6-v2"
FOLDER = pathlib.Path(__file__).resolve().parents[3] / "models" / MODEL
GOLDEN = json.loads((FOLDER / "golden.json").read_text())["texts"][:12]
TEXTS = [golden["text"] for golden in GOLDEN]
TOKENS = sum(golden["tokens"] for golden in GOLDEN)
BYTES = {bytes([value]): value for value in range(256)}
VECTORS = numpy.fromfile(FOLDER / "golden.f32", dtype="<f4").reshape(-1, 384)


class GoldenCase(unittest.TestCase):
    def assert_golden(self, vector, row):
        vector = numpy.asarray(vector, dtype=numpy.float64)
        self.assertEqual(vector.shape, (384,))
        cosine = vector @ VECTORS[row] / numpy.linalg.norm(vector)
        self.assertGreaterEqual(cosine, 0.99999)
        self.assertLessEqual(numpy.abs(vector - VECTORS[row]).max(), 5e-4)


class OpenAIClient(GoldenCase):
    client = openai.OpenAI(base_url=BASE_URL, api_key="none")

    def test_default_float_and_base64_give_reference_vectors(self):
        for asked in ({}, {"encoding_format": "float"}, {"encoding_format": "base64"}):
            with self.subTest(asked):
                answer = self.client.embeddings.create(model=MODEL, input=TEXTS, **asked)
                self.assertEqual(answer.usage.prompt_tokens, TOKENS)
                self.assertEqual(answer.usage.total_tokens, TOKENS)
                for row, item in enumerate(answer.data):
                    self.assertEqual(item.index, row)
                    vector = item.embedding
                    if isinstance(vector, str):
                        vector = numpy.frombuffer(base64.b64decode(vector), dtype="<f4")
                    self.assert_golden(vector, row)

    def test_an_error_carries_code_message_and_request_id(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.client.embeddings.create(model="no-such-model", input="x")
        self.assertEqual(raised.exception.code, "EG_MODEL_UNKNOWN")
        self.assertTrue(raised.exception.request_id)

    def test_models_are_listed(self):
        self.assertIn(MODEL, [model.id for model in self.client.models.list()])


class LangChain(GoldenCase):
    def embeddings(self, **options):
        return OpenAIEmbeddings(model=MODEL, base_url=BASE_URL, api_key="none", **options)

    def test_texts_are_embedded_when_it_sends_texts(self):
        embeddings = self.embeddings(check_embedding_ctx_length=False)
        for row, vector in enumerate(embeddings.embed_documents(TEXTS)):
            self.assert_golden(vector, row)
        self.assert_golden(embeddings.embed_query(TEXTS[0]), 0)

    def test_token_ids_which_it_sends_by_default_get_an_error_that_names_the_remedy(self):
        # Its own vocabulary comes from the network; one token per byte takes the same way through its code.
        bytewise = tiktoken.Encoding("bytewise", pat_str=r"(?s:.+)", mergeable_ranks=BYTES, special_tokens={})
        with unittest.mock.patch("tiktoken.encoding_for_model", return_value=bytewise):
            with self.assertRaises(openai.BadRequestError) as raised:
                self.embeddings().embed_documents(TEXTS)
        self.assertEqual(raised.exception.code, "EG_INPUT_TOKENS_UNSUPPORTED")
        self.assertIn("check_embedding_ctx_length=False", str(raised.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2)
