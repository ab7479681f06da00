// One mapping, changed by both sides in turn: by the library, and by the inlined code of tvm-ffi's headers. After each step both
// see the same entries in the same order, which a plain model has as well.
//
//   map [STEPS [SEED [reference]]]
#include <tvm/ffi/tvm_ffi.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "check.h"
}

int checks, failures, on_reference;

namespace {

namespace ffi = tvm::ffi;
namespace refl = tvm::ffi::reflection;
using ffi::Any;
using ffi::AnyView;
using ffi::Array;
using ffi::Dict;
using ffi::Error;
using ffi::Function;
using ffi::Map;
using ffi::Object;
using ffi::ObjectPtr;
using ffi::ObjectRef;
using ffi::String;

int alive = 0;

class PlainObj : public Object {
 public:
  PlainObj() { ++alive; }
  ~PlainObj() { --alive; }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.map.Plain", PlainObj, Object);
};

// Equal by its number; those of a number below zero cannot be hashed.
class CustomObj : public Object {
 public:
  int64_t number;
  explicit CustomObj(int64_t number) : number(number) { ++alive; }
  ~CustomObj() { --alive; }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.map.Custom", CustomObj, Object);
};

// The same, with functions by their address.
class ByAddressObj : public Object {
 public:
  int64_t number;
  explicit ByAddressObj(int64_t number) : number(number) { ++alive; }
  ~ByAddressObj() { --alive; }
  TVM_FFI_DECLARE_OBJECT_INFO_FINAL("test.map.ByAddress", ByAddressObj, Object);
};

// While this is set no key can be hashed.
bool refuse = false;

Any custom(int64_t number) { return ObjectRef(ffi::make_object<CustomObj>(number)); }
Any by_address(int64_t number) { return ObjectRef(ffi::make_object<ByAddressObj>(number)); }
int64_t number_of(const Any& key) { return key.as<CustomObj>()->number; }

TVMFFIAny given_away(Any value) { return ffi::detail::AnyUnsafe::MoveAnyToTVMFFIAny(std::move(value)); }

Any unhashable() { return Error("KeyError", "it has no hash", ""); }

TVMFFIAny hash_by_address(const Any& key) noexcept {
  int64_t number = key.as<ByAddressObj>()->number;
  return given_away(number < 0 || refuse ? unhashable() : Any(number % 5));
}

TVMFFIAny equal_by_address(const Any& a, const Any& b) noexcept {
  return given_away(Any(a.as<ByAddressObj>()->number == b.as<ByAddressObj>()->number));
}

TVM_FFI_STATIC_INIT_BLOCK() {
  refl::TypeAttrDef<CustomObj>()
      .def("__any_hash__",
           [](const CustomObj* key) -> int64_t {
             if (key->number < 0 || refuse) TVM_FFI_THROW(KeyError) << "it has no hash";
             // Few, so that many keys are in one chain.
             return key->number % 7;
           })
      .def("__any_equal__", [](const CustomObj* a, const CustomObj* b) { return a->number == b->number; });
  refl::TypeAttrDef<ByAddressObj>()
      .attr("__any_hash__", reinterpret_cast<void*>(hash_by_address))
      .attr("__any_equal__", reinterpret_cast<void*>(equal_by_address));
}

using Entry = std::pair<Any, Any>;
using Entries = std::vector<Entry>;

// The ABI's word on what is one key, in words of our own.
bool same_key(const Any& a, const Any& b) {
  if (a.type_index() >= TVMFFITypeIndex::kTVMFFIStaticObjectBegin && a.type_index() == b.type_index()) {
    if (a.as<CustomObj>()) return number_of(a) == number_of(b);
    if (a.as<ByAddressObj>()) return a.as<ByAddressObj>()->number == b.as<ByAddressObj>()->number;
  }
  auto text_a = a.try_cast<String>(), text_b = b.try_cast<String>();
  if (text_a.has_value() && text_b.has_value()) return *text_a == *text_b;
  TVMFFIAny raw_a = *reinterpret_cast<const TVMFFIAny*>(&a), raw_b = *reinterpret_cast<const TVMFFIAny*>(&b);
  return raw_a.type_index == raw_b.type_index && raw_a.v_int64 == raw_b.v_int64;
}

bool identical(const Any& a, const Any& b) { return std::memcmp(&a, &b, sizeof(Any)) == 0; }

struct Library {
  Function dict = Function::GetGlobalRequired("ffi.Dict"), map = Function::GetGlobalRequired("ffi.Map");
  Function size = Function::GetGlobalRequired("ffi.DictSize"), get = Function::GetGlobalRequired("ffi.DictGetItem");
  Function set = Function::GetGlobalRequired("ffi.DictSetItem"), count = Function::GetGlobalRequired("ffi.DictCount");
  Function erase = Function::GetGlobalRequired("ffi.DictErase"), clear = Function::GetGlobalRequired("ffi.DictClear");
  Function walk = Function::GetGlobalRequired("ffi.DictForwardIterFunctor");
  Function map_walk = Function::GetGlobalRequired("ffi.MapForwardIterFunctor");
  Function map_get = Function::GetGlobalRequired("ffi.MapGetItem"), map_size = Function::GetGlobalRequired("ffi.MapSize");

  static Entries walked(const Function& step, size_t size) {
    Entries entries;
    if (size == 0) return entries;
    do {
      entries.emplace_back(step(0), step(1));
    } while (step(2).cast<bool>());
    return entries;
  }
  Entries entries(const Dict<Any, Any>& dict) const {
    return walked(walk(dict).cast<Function>(), static_cast<size_t>(size(dict).cast<int64_t>()));
  }
  Entries entries(const Map<Any, Any>& map) const {
    return walked(map_walk(map).cast<Function>(), static_cast<size_t>(map_size(map).cast<int64_t>()));
  }
};

// Those of the headers.
template <typename Mapping>
Entries inlined(const Mapping& mapping) {
  Entries entries;
  for (const auto& entry : mapping) entries.emplace_back(entry.first, entry.second);
  return entries;
}

bool same_entries(const Entries& a, const Entries& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const Entry& x, const Entry& y) {
           return identical(x.first, y.first) && identical(x.second, y.second);
         });
}

class Walk {
 public:
  Walk(int64_t steps, uint64_t seed) : steps_(steps), random_(seed), dict_(library_.dict().cast<Dict<Any, Any>>()) {
    for (int n = 0; n < 12; ++n) plain_.push_back(ObjectRef(ffi::make_object<PlainObj>()));
  }

  void run() {
    for (step_ = 0; step_ < steps_ && failures == 0; ++step_) {
      // Phases: the mapping is small, then of hundreds, then small again.
      int64_t phase = step_ / 500 % 4;
      range_ = phase == 0 ? 1 : phase == 1 ? 40 : phase == 2 ? 4 : 12;
      one_step();
      compare();
    }
    if (failures) std::printf("step %lld\n", static_cast<long long>(step_));
  }

 private:
  uint64_t below(uint64_t end) { return random_() % end; }

  Any key() {
    int64_t n = static_cast<int64_t>(below(4 * range_));
    switch (below(10)) {
      case 0: return n;
      case 1: return static_cast<double>(n);
      case 2: {
        double odd[] = {0.0, -0.0, std::nan("1"), -std::nan("1"), std::nan("2"), INFINITY};
        return odd[below(6)];
      }
      case 3: return String("k" + std::to_string(n));
      case 4: return String("a key that needs an object " + std::to_string(n));
      case 5: return below(2) ? Any(n % 2 == 0) : Any(nullptr);
      case 6: return plain_[below(plain_.size())];
      case 7: return by_address(n);
      // A short text in an object: as others make it.
      case 8: return long_form(std::to_string(n));
      default: return custom(n);
    }
  }

  // A string object of few bytes, which neither side makes by itself.
  static Any long_form(const std::string& text) {
    auto object = ffi::make_object<ffi::detail::BytesObjStdImpl<ffi::detail::StringObj>>(text);
    TVMFFIAny raw{};
    raw.type_index = TVMFFITypeIndex::kTVMFFIStr;
    raw.v_obj = ffi::detail::ObjectUnsafe::MoveObjectPtrToTVMFFIObjectPtr(std::move(object));
    return ffi::detail::AnyUnsafe::MoveTVMFFIAnyToAny(&raw);
  }

  Entries::iterator find(const Any& key) {
    return std::find_if(model_.begin(), model_.end(), [&](const Entry& entry) { return same_key(entry.first, key); });
  }

  void put(const Any& key, const Any& value, bool theirs) {
    auto found = find(key);
    bool moves = (theirs || on_reference) && found != model_.end() && is_dense_when_set();
    if (found == model_.end()) {
      model_.emplace_back(key, value);
    } else if (moves) {
      // What the headers do to a large mapping, alone: an entry that is set again is the last.
      Entry entry(found->first, value);
      model_.erase(found);
      model_.push_back(entry);
    } else {
      found->second = value;
    }
  }

  // Whether the mapping is in the dense form, or is when the headers have set a key: they turn a full one of four places before they
  // look whether the key is there.
  bool is_dense_when_set() const {
    const auto* words = reinterpret_cast<const uint64_t*>(dict_.get());
    uint64_t slots = words[5];
    return (slots >> 63) == 0 || ((slots & 0xff) == 4 && dict_.size() == 4);
  }

  void one_step() {
    Any key = this->key(), value = static_cast<int64_t>(step_);
    bool theirs = below(2);
    switch (below(12)) {
      case 0: case 1: case 2: case 3: case 4:
        put(key, value, theirs);
        if (theirs) dict_.Set(key, value);
        else library_.set(dict_, key, value);
        break;
      case 5: case 6: case 7: {
        // One that is there, mostly.
        if (below(4) && !model_.empty()) key = model_[below(model_.size())].first;
        auto found = find(key);
        bool there = found != model_.end();
        if (there) model_.erase(found);
        if (theirs) {
          dict_.erase(key);
        } else {
          bool raised = false;
          try {
            library_.erase(dict_, key);
          } catch (const Error& error) {
            raised = error.kind() == "KeyError";
          }
          CHECK(raised == (!there && !on_reference));
        }
        break;
      }
      case 8: case 9: {
        if (below(2) && !model_.empty()) key = model_[below(model_.size())].first;
        auto found = find(key);
        bool there = found != model_.end();
        CHECK((dict_.count(key) == 1) == there);
        CHECK(library_.count(dict_, key).cast<int64_t>() == there);
        if (there) CHECK(identical(library_.get(dict_, key), found->second) && identical(dict_.at(key), found->second));
        break;
      }
      case 10:
        // Their own loses entries when a hash raises while it grows.
        if (!on_reference) refused();
        break;
      default: {
        if (below(40) == 0) {
          model_.clear();
          if (theirs) dict_.clear();
          else library_.clear(dict_);
        }
        if (below(20) == 0) anew(theirs);
      }
    }
  }

  // A key that cannot be hashed is neither found nor added, and changes nothing; nor does a mapping grow whose keys refuse.
  void refused() {
    Any key = below(2) ? custom(-1) : by_address(-1);
    for (int way = 0; way < 3; ++way) {
      std::string kind;
      try {
        if (way == 0) library_.count(dict_, key);
        if (way == 1) library_.set(dict_, key, 1);
        if (way == 2) library_.erase(dict_, key);
      } catch (const Error& error) {
        kind = error.kind() + ": " + error.message();
      }
      CHECK(kind == "KeyError: it has no hash");
    }
    refuse = true;
    Any plain = static_cast<int64_t>(1000 + below(1000)), value = static_cast<int64_t>(step_);
    bool is_new = find(plain) == model_.end(), added = true;
    try {
      library_.set(dict_, plain, value);
    } catch (const Error& error) {
      added = false;
      CHECK(error.kind() == "KeyError" && is_new);
      ++refused_growth_;
    }
    refuse = false;
    if (added) put(plain, value, false);
  }

  // Goes on with a mapping that the other side made, of the same entries.
  void anew(bool theirs) {
    Dict<Any, Any> made;
    if (theirs) {
      for (const Entry& entry : model_) made.Set(entry.first, entry.second);
    } else {
      std::vector<AnyView> arguments;
      for (const Entry& entry : model_) {
        arguments.push_back(entry.first);
        arguments.push_back(entry.second);
      }
      Any result;
      library_.dict.CallPacked(arguments.data(), static_cast<int32_t>(arguments.size()), &result);
      made = result.cast<Dict<Any, Any>>();
    }
    dict_ = made;
  }

  void compare() {
    CHECK(static_cast<int64_t>(model_.size()) == library_.size(dict_).cast<int64_t>() && dict_.size() == model_.size());
    // Every step in small mappings; large ones often, and both ways of looking.
    if (model_.size() > 40 && step_ % 16) return;
    CHECK(same_entries(inlined(dict_), model_));
    CHECK(same_entries(library_.entries(dict_), model_));
    if (step_ % 64 == 0) {
      for (const Entry& entry : model_) {
        CHECK(identical(library_.get(dict_, entry.first), entry.second) && identical(dict_.at(entry.first), entry.second));
      }
      maps();
    }
  }

  // Immutable ones, made by either and read by both; C++ changes one that it alone has in place.
  void maps() {
    Map<Any, Any> theirs(model_.begin(), model_.end());
    CHECK(same_entries(library_.entries(theirs), model_) && same_entries(inlined(theirs), model_));
    std::vector<AnyView> arguments;
    for (const Entry& entry : model_) {
      arguments.push_back(entry.first);
      arguments.push_back(entry.second);
    }
    Any result;
    library_.map.CallPacked(arguments.data(), static_cast<int32_t>(arguments.size()), &result);
    Map<Any, Any> ours = result.cast<Map<Any, Any>>();
    result = nullptr;
    CHECK(same_entries(inlined(ours), model_));
    for (const Entry& entry : model_) {
      CHECK(identical(library_.map_get(theirs, entry.first), entry.second) && identical(ours.at(entry.first), entry.second));
    }
    Entries longer = model_;
    for (int64_t n = 0; n < 20; ++n) {
      ours.Set(5000 + n, n);
      longer.emplace_back(5000 + n, n);
    }
    CHECK(same_entries(library_.entries(ours), longer));
  }

 public:
  int64_t refused_growth_ = 0;

 private:
  int64_t steps_, step_ = 0;
  uint64_t range_ = 1;
  std::mt19937_64 random_;
  Library library_;
  Dict<Any, Any> dict_;
  Entries model_;
  std::vector<Any> plain_;
};

}  // namespace

int main(int count, char** arguments) {
  on_reference = count > 3;
  int64_t steps = count > 1 ? std::atoll(arguments[1]) : 20000;
  uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
  {
    Walk walk(steps, seed);
    walk.run();
    CHECK(on_reference || steps < 5000 || walk.refused_growth_ > 0);
  }
  CHECK(alive == 0);
  return finish("map.cpp", steps > 1000 ? static_cast<int>(steps) : 1);
}
