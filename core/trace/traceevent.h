// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QtTypes>

#include <variant>

/// QEMU's trace events around CPR and migration as values, one struct per event, named after it. Strings are
/// as QEMU printed them; bytes that are not UTF-8 are replaced.
namespace cutover::trace {

/// An address in QEMU's own address space.
enum class HostAddress : quint64 { };

// CPR state
struct CprSaveFd
{
    QString name;
    int id = 0;
    int fd = -1;
};
struct CprDeleteFd
{
    QString name;
    int id = 0;
};
struct CprFindFd
{
    QString name;
    int id = 0;
    int fd = -1; ///< -1: no such fd
};
struct CprStateSave
{
    QString mode;
};
struct CprStateLoad
{
    QString mode;
};
struct CprTransferInput
{
    QString path;
};
struct CprTransferOutput
{
    QString path;
};
struct CprExec
{
};
struct QemuFilePutFd
{
    QString channel; ///< "cpr-out"
    int fd = -1;
    int status = 0;
};
struct QemuFileGetFd
{
    QString channel; ///< "cpr-in"
    int fd = -1;
};
struct QemuRamAllocShared
{
    QString name;
    quint64 size = 0;
    quint64 maxSize = 0;
    int fd = -1;
    HostAddress host{};
};

// Migration
struct MigrateSetState
{
    QString state;
};
struct MigrateError
{
    QString error;
};
struct MigrationCleanup
{
};
struct MigrationCancel
{
};
struct MigrationCallNotifiers
{
    int type = 0; ///< 0 setup, 1 postcopy start, 2 done, 3 failed
};
struct MigrationSocketIncomingAccepted
{
};
struct MigrationSocketOutgoingConnected
{
    QString host; ///< only before 10.2
};
struct MigrationSocketOutgoingError
{
    QString error;
};
struct ProcessIncomingMigrationCoEnd
{
    int result = 0;
};
struct MigrateGlobalStatePreSave
{
    QString state;
};
struct MigrateGlobalStatePostLoad
{
    QString state;
};
struct SourceReturnPathThreadShut
{
    quint32 value = 0;
};
struct SourceReturnPathThreadBadEnd
{
};
struct SourceReturnPathThreadEnd
{
};
struct MigrateSendRpMessage
{
    int type = 0;
    int length = 0;
};

// Run state
struct RunstateSet
{
    int from = 0;
    QString fromName;
    int to = 0;
    QString toName;
};
struct VmStateNotify
{
    int running = 0;
    int reason = 0;
    QString reasonName;
};
struct VmStopFlushAll
{
    int result = 0;
};

// Device state
struct VmstateDowntimeCheckpoint
{
    QString name;
};
struct DowntimeSection
{
    QString type; ///< "iterable" or "non-iterable"
    QString idstr; ///< may hold spaces, '/' and ':'
    qint64 instanceId = 0;
    qint64 downtimeUs = 0; ///< how long the section took, until the line's time
};
struct VmstateDowntimeSave : DowntimeSection
{
};
struct VmstateDowntimeLoad : DowntimeSection
{
};
struct SavevmSectionStart
{
    QString idstr;
    quint32 sectionId = 0;
};
struct SavevmSectionEnd
{
    QString idstr;
    quint32 sectionId = 0;
    int result = 0;
};
struct SavevmSectionSkip
{
    QString idstr;
    quint32 sectionId = 0;
};
struct LoadvmStateSection
{
    int type = 0;
};
struct LoadvmStateSectionStartFull
{
    quint32 sectionId = 0;
    QString idstr;
    quint32 instanceId = 0;
    quint32 versionId = 0;
};
struct LoadvmStateSectionPartEnd
{
    quint32 sectionId = 0;
};
struct VmstateSave
{
    QString idstr;
    QString description;
};
struct VmstateLoad
{
    QString idstr;
    QString description;
};
struct VmstateLoadStateFail
{
    QString description;
    QString reason;
};
struct VmstateLoadStateSuccess
{
    QString description;
};
struct VmstateLoadFieldError
{
    QString field;
    int result = 0;
};

// VFIO and IOMMUFD
struct VfioCprFindDevice
{
    quint32 ioasId = 0;
    int deviceId = 0;
    quint32 hwptId = 0;
};

struct IommufdChangeProcess
{
    int fd = -1;
    int result = 0;
};
struct IommuBackendSetFd
{
    int fd = -1;
};

/// monostate: an event that is not in this list, or one of the list with damaged arguments.
using Value = std::variant<std::monostate, CprSaveFd, CprDeleteFd, CprFindFd, CprStateSave, CprStateLoad,
    CprTransferInput, CprTransferOutput, CprExec, QemuFilePutFd, QemuFileGetFd, QemuRamAllocShared,
    MigrateSetState, MigrateError, MigrationCleanup, MigrationCancel, MigrationCallNotifiers,
    MigrationSocketIncomingAccepted, MigrationSocketOutgoingConnected, MigrationSocketOutgoingError,
    ProcessIncomingMigrationCoEnd, MigrateGlobalStatePreSave, MigrateGlobalStatePostLoad,
    SourceReturnPathThreadShut, SourceReturnPathThreadBadEnd, SourceReturnPathThreadEnd, MigrateSendRpMessage,
    RunstateSet, VmStateNotify, VmStopFlushAll, VmstateDowntimeCheckpoint, VmstateDowntimeSave,
    VmstateDowntimeLoad, SavevmSectionStart, SavevmSectionEnd, SavevmSectionSkip, LoadvmStateSection,
    LoadvmStateSectionStartFull, LoadvmStateSectionPartEnd, VmstateSave, VmstateLoad, VmstateLoadStateFail,
    VmstateLoadStateSuccess, VmstateLoadFieldError, VfioCprFindDevice, IommufdChangeProcess,
    IommuBackendSetFd>;

} // namespace cutover::trace
