import time

import pytest
import torch
from torch import nn

from cs231n_arch.profiling import images, latency, layer_times, operator_times, processor_time
from cs231n_arch.profiling.timing import OUTSIDE, time_call

CPU = torch.device("cpu")


def test_a_call_is_timed_as_long_as_it_takes():
    taken = time_call(lambda: time.sleep(0.02), CPU, seconds=0.01, samples=5)
    assert 0.02 <= taken.low <= taken.median <= taken.high
    assert taken.samples == 5


def test_a_short_call_is_repeated_within_a_sample():
    calls = []
    taken = time_call(lambda: calls.append(1), CPU, seconds=0.05, samples=5)
    assert len(calls) > 3 + 5
    assert taken.median < 1e-3


def test_the_pass_is_made_in_evaluation_mode_and_the_net_is_left_as_it_was(net):
    net[1].eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    taken = latency(net, images(2, net.input_size), seconds=0.01)
    assert taken.median > 0
    assert net.training
    assert not net[1].training
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_processor_time_leaves_out_waiting():
    threads = torch.get_num_threads()
    with processor_time():
        assert torch.get_num_threads() == 1
        assert time_call(lambda: time.sleep(0.02), CPU, seconds=0.01, samples=3).median < 0.01
        busy = time_call(lambda: sum(range(300_000)), CPU, seconds=0.01, samples=3)
        assert busy.low > 0
    assert torch.get_num_threads() == threads
    assert time_call(lambda: time.sleep(0.02), CPU, seconds=0.01, samples=3).median >= 0.02


def test_images_are_always_the_same():
    assert torch.equal(images(2, (3, 4, 5)), images(2, (3, 4, 5)))
    assert images(2, (3, 4, 5)).shape == (2, 3, 4, 5)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2"])
def test_a_batch_size_is_a_whole_number(size):
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1; given"):
        images(size, (3, 4, 5))


def test_layers_are_timed_in_order_and_add_up_to_the_pass(net):
    table = layer_times(net, images(4, net.input_size))
    assert list(table["name"]) == [*"0123456", OUTSIDE]
    assert table["kind"].tolist()[:3] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert (table["seconds"][:-1] > 0).all()
    assert table["share"].sum() == pytest.approx(1, abs=0.3)  # each a median of its own
    assert not net[0]._forward_hooks


def test_the_costly_layer_is_found():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 128, 7, padding=3), nn.Conv2d(128, 1, 1))
    table = layer_times(model, images(1, (3, 64, 64)))
    assert table["name"][table["seconds"].idxmax()] == "1"
    assert table["share"][1] > 0.5


def test_bytes_are_inputs_outputs_and_weights(net):
    table = layer_times(net, images(4, net.input_size), passes=2).set_index("name")
    assert table["bytes"]["0"] == 4 * (4 * 3 * 64 + 4 * 16 * 64 + 16 * 3 * 9)
    assert table["bytes"]["2"] == 4 * 2 * 4 * 16 * 64  # read and written, though in place
    assert table["bytes"]["6"] == 4 * (4 * 288 + 4 * 10 + 10 * 289)


def test_a_layer_used_twice_has_one_row():
    relu = nn.ReLU()
    table = layer_times(nn.Sequential(nn.Conv2d(3, 3, 1), relu, nn.Conv2d(3, 3, 1), relu), images(1, (3, 8, 8)))
    assert list(table["name"]) == ["0", "1", "2", OUTSIDE]
    assert table["bytes"][1] == 2 * 2 * 4 * 3 * 64


def test_hooks_are_gone_after_a_failure(net):
    with pytest.raises(RuntimeError):
        layer_times(net, images(1, (5, 8, 8)))
    assert not net[0]._forward_hooks
    assert not net[0]._forward_pre_hooks


def test_operators_are_counted_for_one_pass(net):
    table = operator_times(net, images(4, net.input_size), passes=3).set_index("operator")
    assert table["calls"]["aten::conv2d"] == 2
    assert table["calls"]["aten::batch_norm"] == 1
    assert table["share"].sum() == pytest.approx(1)
    assert table["seconds"].is_monotonic_decreasing


@pytest.mark.parametrize("measure", [layer_times, operator_times])
def test_no_pass_no_time(net, measure):
    with pytest.raises(ValueError, match="passes must be at least 1; given 0"):
        measure(net, images(1, net.input_size), passes=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_device_is_waited_for():
    matrix = torch.rand(4096, 4096, device="cuda")
    once = time_call(lambda: matrix @ matrix, matrix.device, seconds=0.1)
    twice = time_call(lambda: matrix @ matrix @ matrix, matrix.device, seconds=0.1)
    assert twice.median > 1.5 * once.median
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 256, 7), nn.Conv2d(256, 1, 1)).cuda()
    table = layer_times(model, images(8, (3, 224, 224), "cuda"))
    assert table["name"][table["seconds"].idxmax()] == "1"
    assert (operator_times(model, images(8, (3, 224, 224), "cuda"))["seconds"] > 0).all()
