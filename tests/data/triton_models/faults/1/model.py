"""A model that answers well, or fails in the way that a word in its prompt asks for: `fault_hang`, say."""

import json
import os
import re
import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils

ANSWER = ["Return ", "the area ", "of a rectangle."]
STEP = 0.02  # seconds a part


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.decoupled = pb_utils.using_decoupled_model_transaction_policy(config)
        self.outputs = {row["name"] for row in config["output"]}
        self.batched = config.get("max_batch_size", 0) > 0
        self.count = args["model_name"] + ".count"

    def execute(self, requests):
        if self.decoupled:
            for request in requests:
                threading.Thread(target=self.stream, args=(request,)).start()
            return None
        return [self.once(request) for request in requests]

    def once(self, request):
        fault = self.fault(request)
        if fault == "slow":
            time.sleep(0.3)
        elif fault == "hang":
            time.sleep(3)
        elif fault == "die":
            os._exit(1)
        elif fault == "error":
            return pb_utils.InferenceResponse(error=pb_utils.TritonError("the model said no"))
        else:
            time.sleep(STEP)
        return self.response("".join(ANSWER), 3, "stop")

    def stream(self, request):
        sender = request.get_response_sender()
        flags = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
        fault = self.fault(request)
        if fault == "die":
            os._exit(1)
        if fault == "error":
            sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("the model said no")), flags)
            return
        if fault == "empty":
            sender.send(flags=flags)
            return
        parts = ["".join(ANSWER)] if not self.wants(request, "stream", "streaming") else ANSWER
        for index, part in enumerate(parts * (100 if fault in ("endless", "hang") else 1)):
            time.sleep(STEP)
            if request.is_cancelled():
                self.note("cancelled", fault)
                sender.send(flags=flags)
                return
            if fault == "hang":
                continue
            if fault == "late" and index == len(parts) - 1:
                sender.send(self.response(part, 1, ""))
                sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("lost its thread")), flags)
                return
            finish = "stop" if index == len(parts) - 1 else ""
            sender.send(self.response(part, 1 if len(parts) > 1 else 3, finish, bare=fault == "bare"))
        self.note("finished", fault)
        sender.send(flags=flags)

    def response(self, text, tokens, finish, bare=False):
        found = {
            "text_output": np.array([text.encode()], dtype=np.object_),
            "output_log_probs": np.full((1, tokens), -0.5, dtype=np.float32),
            "finish_reason": np.array([finish.encode()], dtype=np.object_),
            "num_output_tokens": np.array([tokens], dtype=np.uint32),
            "logprobs": np.array(
                [json.dumps([{"7": {"logprob": -0.5, "rank": 1}} for _ in range(tokens)]).encode()],
                dtype=np.object_,
            ),
        }
        made = []
        for name, value in found.items():
            if name not in self.outputs or (bare and name != "text_output"):
                continue
            made.append(pb_utils.Tensor(name, value[None] if self.batched else value))
        return pb_utils.InferenceResponse(made)

    @staticmethod
    def fault(request):
        text = pb_utils.get_input_tensor_by_name(request, "text_input").as_numpy().reshape(-1)[0].decode()
        found = re.search(r"fault_([a-z]+)", text)
        return found[1] if found else ""

    @staticmethod
    def wants(request, *names):
        found = [pb_utils.get_input_tensor_by_name(request, name) for name in names]
        return any(tensor is not None and tensor.as_numpy().reshape(-1)[0] for tensor in found)

    @staticmethod
    def note(what, fault):
        """Leave word for the test of how a request ended."""
        if folder := os.environ.get("CODEBOT_TEST_NOTES"):
            with open(os.path.join(folder, f"{what}-{fault}"), "a") as file:
                file.write("x")
