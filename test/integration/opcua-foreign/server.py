"""A machine's OPC UA server made with asyncua: the agent against a stack of another make.

Argument: one JSON object {port, certificate, key, applicationUri, namespaces, history, first, hasGhost}.
Prints {"ready": true} when it serves. Flow counts up every 20 ms and is kept as history in the SQLite file `history`;
Still never changes; Parcel is a structure of the server's own; Republished counts the Republish requests that came.
"""

import asyncio
import json
import logging
import sys
from datetime import datetime, timezone

from asyncua import Server, ua
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field
from asyncua.server.history_sql import HistorySQLite
from asyncua.server.subscription_service import SubscriptionService

MACHINE = "urn:test:machine"
SIGNALS = 40


async def structures(server, index):
    mode = await new_enum(server, index, "Mode", ["Off", "Slow", "Fast"])
    point, _ = await new_struct(
        server,
        index,
        "Point",
        [new_struct_field("X", ua.VariantType.Double), new_struct_field("Y", ua.VariantType.Double)],
    )
    parcel, _ = await new_struct(
        server,
        index,
        "Parcel",
        [
            new_struct_field("Id", ua.VariantType.String),
            new_struct_field("Serial", ua.VariantType.UInt64),
            new_struct_field("Mode", mode),
            new_struct_field("At", point),
            new_struct_field("Corners", point, array=True),
            new_struct_field("Note", ua.VariantType.String, optional=True),
            new_struct_field("Grams", ua.VariantType.Int16, optional=True),
        ],
    )
    await server.load_data_type_definitions()
    return parcel


def parcel_value():
    return ua.Parcel(
        Id="p-1",
        Serial=2**63 + 1,
        Mode=ua.Mode.Fast,
        At=ua.Point(X=1.5, Y=-2.0),
        Corners=[ua.Point(X=0.0, Y=0.0), ua.Point(X=3.0, Y=4.0)],
        Grams=250,
    )


def stamped(value, kind):
    now = datetime.now(timezone.utc)
    return ua.DataValue(ua.Variant(value, kind), SourceTimestamp=now, ServerTimestamp=now)


async def build(server, options):
    for uri in options["namespaces"]:
        await server.register_namespace(uri)
    index = await server.get_namespace_index(MACHINE)
    machine = await server.nodes.objects.add_object(ua.NodeId("machine", index), f"{index}:Pump")

    async def variable(name, value, kind, datatype=None, identifier=None):
        nodeid = ua.NodeId(identifier or name, index)
        return await machine.add_variable(nodeid, f"{index}:{name}", value, kind, datatype)

    # A number: the history's table is named after it.
    nodes = {"Flow": await variable("Flow", options["first"], ua.VariantType.Int64, identifier=1001)}
    await variable("Still", 5.0, ua.VariantType.Double)
    if options.get("hasGhost", True):
        await variable("Ghost", 1.0, ua.VariantType.Double)
    for number in range(SIGNALS):
        nodes[f"S{number}"] = await variable(f"S{number}", 0.0, ua.VariantType.Double)
    nodes["Republished"] = await variable("Republished", 0, ua.VariantType.UInt32)
    parcel = await structures(server, index)
    await variable("Parcel", parcel_value(), ua.VariantType.ExtensionObject, parcel.nodeid)
    return nodes


async def produce(nodes, first):
    count = first
    while True:
        count += 1
        await nodes["Flow"].write_value(stamped(count, ua.VariantType.Int64))
        if count % 5 == 0:
            for number in range(SIGNALS):
                await nodes[f"S{number}"].write_value(stamped(float(count), ua.VariantType.Double))
        await nodes["Republished"].write_value(stamped(Republishes.count, ua.VariantType.UInt32))
        await asyncio.sleep(0.02)


class Republishes:
    count = 0


def count_republishes():
    republish = SubscriptionService.republish

    def counted(self, params):
        Republishes.count += 1
        return republish(self, params)

    SubscriptionService.republish = counted


async def main():
    options = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    count_republishes()
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{options['port']}")
    server.set_server_name("asyncua")
    await server.set_application_uri(options["applicationUri"])
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    await server.load_certificate(options["certificate"])
    await server.load_private_key(options["key"])
    history = HistorySQLite(options["history"])
    await history.init()
    server.iserver.history_manager.set_storage(history)
    nodes = await build(server, options)
    async with server:
        await server.historize_node_data_change(nodes["Flow"], period=None, count=0)
        print(json.dumps({"ready": True}), flush=True)
        await produce(nodes, options["first"])


asyncio.run(main())
