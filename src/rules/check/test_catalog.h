// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "rules/catalog.h"

namespace vedette::rules {

// A realistic study "STUDY-1" for tests: vital signs, laboratory, ECG, diary and wearable series,
// attributes, the forms AE, CM, EX, IC and DS, the visits BL, W2, W4 and W8, code lists and the
// KRIs AE_RATE and SAE_RATE. The rules of the rule packs can be written in it. Finished; the same
// object at every call.
std::shared_ptr<const Catalog> TestCatalog();

// The same content, to be changed by a test before it calls Finish().
Catalog MakeTestCatalog();

}  // namespace vedette::rules
