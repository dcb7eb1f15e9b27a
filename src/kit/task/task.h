// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace vedette {

namespace asio = boost::asio;

// Every coroutine runs on one thread of a Runtime; the concrete type saves Asio's type erasure.
using Executor = asio::io_context::executor_type;

// A coroutine that starts when awaited or spawned. Its parameters are taken by value. Cancelling
// the task that awaits it cancels it: its current wait ends and operation_aborted is thrown from
// the next co_await, which its TaskGroup takes for a normal end.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace vedette
