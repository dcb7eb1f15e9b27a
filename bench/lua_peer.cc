// SPDX-License-Identifier: Apache-2.0
#include "lua_peer.h"

#include <dlfcn.h>

#include <utility>

namespace vedette::bench {

// Names of Lua 5.4 and, where they differ, of 5.1, which LuaJIT speaks.
struct LuaPeer::Api {
  void* (*new_state)() = nullptr;
  void (*close)(void*) = nullptr;
  int (*load_string)(void*, const char*) = nullptr;
  void (*push_value)(void*, int) = nullptr;
  void (*push_number)(void*, double) = nullptr;
  int (*to_boolean)(void*, int) = nullptr;
  void (*set_top)(void*, int) = nullptr;
  void (*call_5_4)(void*, int, int, std::ptrdiff_t, void*) = nullptr;
  void (*call_5_1)(void*, int, int) = nullptr;

  void Call(void* state, int arguments, int results) const {
    if (call_5_4 != nullptr) {
      call_5_4(state, arguments, results, 0, nullptr);
    } else {
      call_5_1(state, arguments, results);
    }
  }
  bool complete() const {
    return new_state != nullptr && close != nullptr && load_string != nullptr &&
           push_value != nullptr && push_number != nullptr && to_boolean != nullptr &&
           set_top != nullptr && (call_5_4 != nullptr || call_5_1 != nullptr);
  }
};

namespace {

template <class Function>
void Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

std::unique_ptr<LuaPeer> LuaPeer::Open(const char* library) {
  void* const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return nullptr;
  auto api = std::make_unique<Api>();
  Find(handle, "luaL_newstate", &api->new_state);
  Find(handle, "lua_close", &api->close);
  Find(handle, "luaL_loadstring", &api->load_string);
  Find(handle, "lua_pushvalue", &api->push_value);
  Find(handle, "lua_pushnumber", &api->push_number);
  Find(handle, "lua_toboolean", &api->to_boolean);
  Find(handle, "lua_settop", &api->set_top);
  Find(handle, "lua_callk", &api->call_5_4);
  Find(handle, "lua_call", &api->call_5_1);
  if (!api->complete()) {
    dlclose(handle);
    return nullptr;
  }
  return std::unique_ptr<LuaPeer>(new LuaPeer(handle, std::move(api)));
}

LuaPeer::LuaPeer(void* library, std::unique_ptr<Api> api)
    : library_(library), api_(std::move(api)), state_(api_->new_state()) {}

LuaPeer::~LuaPeer() {
  api_->close(state_);
  dlclose(library_);
}

bool LuaPeer::Load(const std::string& chunk) {
  api_->set_top(state_, 0);
  if (api_->load_string(state_, chunk.c_str()) != 0) return false;
  api_->Call(state_, 0, 1);
  return true;
}

bool LuaPeer::Call(std::span<const double> arguments) {
  api_->push_value(state_, 1);
  for (const double argument : arguments) api_->push_number(state_, argument);
  api_->Call(state_, static_cast<int>(arguments.size()), 1);
  const bool result = api_->to_boolean(state_, -1) != 0;
  api_->set_top(state_, 1);
  return result;
}

}  // namespace vedette::bench
