// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.pb.h>

#include "services/trial/types.h"

namespace vedette::trial {

// The service's types as messages of its contract, and back. A time is sent in whole seconds.
v1::Study ToProto(Study study);
v1::Site ToProto(Site site);
v1::Item ToProto(Item item);
v1::StudyDesign ToProto(const RevisedDesign& revised);

// These take the message's texts away.
Site FromProto(v1::Site& message);
Item FromProto(v1::Item& message);
Design FromProto(const v1::StudyDesign& message);

}  // namespace vedette::trial
