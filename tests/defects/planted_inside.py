"""The planted defects of containers: what is inside them, and what the engine does to them. What a defect is, `planted` says."""

from functools import partial

import planted

LINUX = "features/inside/linux.feature"
MACOS = "features/inside/macos.feature"
WINDOWS = "features/inside/windows.feature"
DEVICES = "features/faults/devices.feature"

Defect = partial(planted.Defect, backend="docker")

DEFECTS = (
    Defect(
        name="service-manager-believes-in-every-service",
        wrong="The service manager of a container says that a stopped service runs.",
        path="endpoint/programs/services.py",
        good='            io.out.write("active\\n" if runs else "inactive\\n")\n            return 0 if runs else _NOT_RUNNING\n',
        bad='            io.out.write("active\\n")\n            return 0\n',
        run=(LINUX,),
        red=("a service that a shell stops protects nobody",),
    ),
    Defect(
        name="containers-show-no-processes",
        wrong="A list of processes in a container does not have the client's.",
        path="lab/remote/processes.py",
        good="        wanted = tuple(commands)\n",
        bad="        wanted = ()\n",
        run=(LINUX,),
        red=("the client's processes are seen as the real client's are",),
    ),
    Defect(
        name="stopped-client-has-processes",
        wrong="The client's processes go on after its service was stopped.",
        path="lab/remote/processes.py",
        good="            process.kill()\n",
        bad="            return\n",
        run=(LINUX,),
        red=("a service that a shell stops protects nobody",),
    ),
    Defect(
        name="killed-client-stays-dead",
        wrong="A client that somebody killed in a container is not started again.",
        path="lab/remote/processes.py",
        good="            self._on_killed()\n",
        bad="            return\n",
        run=(LINUX,),
        red=("a client that a shell kills is started again by the system",),
    ),
    Defect(
        name="agent-in-a-container-ignores-its-roots",
        wrong="The agent in a container believes what the system's store believes.",
        path="endpoint/roots.py",
        good="        case Trust.ROOT_SET:\n",
        bad="        case Trust.ROOT_SET:\n            return roots_of(machine, Trust.OS_STORE)\n",
        run=(LINUX,),
        red=("curl of the system gets through inspection in the second in which the agent refuses",),
    ),
    Defect(
        name="proxy-in-containers-inspects-nothing",
        wrong="The intercepting proxy of a lab in containers passes everything on unread.",
        path="lab/embedded.py",
        good='if hop.kind == "inspecting"}\n',
        bad='if hop.kind == "nothing"}\n',
        run=(LINUX,),
        red=("curl of the system gets through inspection in the second in which the agent refuses",),
    ),
    Defect(
        name="cloud-in-containers-listens-elsewhere",
        wrong="The cloud of a lab in containers is not on the port that its names promise.",
        path="lab/contained.py",
        good="        https_port=443,\n",
        bad="        https_port=8443,\n",
        run=(LINUX,),
        red=("the cloud that an endpoint reports to is in the lab's container",),
    ),
    Defect(
        name="containers-lack-the-roots-of-the-lab",
        wrong="The system's own tool makes a store without the roots that the device trusts.",
        path="lab/remote/endpoint.py",
        good="    PUBLIC_ROOTS.write_text(asked.cable.public_roots)\n",
        bad='    PUBLIC_ROOTS.write_text("")\n',
        run=(LINUX,),
        red=("the store that the system's own tool makes is the store of the device",),
    ),
    Defect(
        name="endpoints-reach-this-machine",
        wrong="Endpoints are on the engine's own network too.",
        path="lab/docker/containers.py",
        good="        return MadeContainer(name=name, address=address)\n",
        bad='        self._client.networks.get("bridge").connect(name)\n'
        "        return MadeContainer(name=name, address=address)\n",
        run=(LINUX,),
        red=("nothing but the lab can be reached from an endpoint",),
    ),
    Defect(
        name="shells-are-told-nothing",
        wrong="A shell in a container gets exit code 0 for what is not simulated.",
        path="lab/remote/process.py",
        good="            return await self._on().execute(ask)\n        except",
        bad="            return msgspec.structs.replace(await self._on().execute(ask), exit_code=0)\n        except",
        run=(LINUX,),
        red=("what is not simulated fails loudly in a shell too",),
    ),
    Defect(
        name="containers-keep-files-in-memory",
        wrong="What the sensor writes is not on the disk of the container.",
        path="lab/remote/endpoint.py",
        good='Process(lambda: FolderTree(Path("/"), OUTSIDE),',
        bad='Process(lambda: __import__("mdelab.endpoint.files").endpoint.files.MemoryTree(),',
        run=(LINUX, MACOS),
        red=("a shell sees the client that the lab sees", "a shell on a Mac sees the client that the lab sees"),
    ),
    Defect(
        name="registry-of-a-container-says-nothing",
        wrong="A shell on Windows does not find what the agent wrote to the registry.",
        path="endpoint/publish_windows.py",
        good='Value("REG_DWORD", int(agent.licensed))',
        bad='Value("REG_DWORD", 0)',
        run=(WINDOWS,),
        red=("a shell reads the registry that the agent wrote",),
    ),
    Defect(
        name="suspended-devices-run-on",
        wrong="A device that should be suspended runs on.",
        path="lab/docker/containers.py",
        good="                container.pause()\n",
        bad="                pass\n",
        run=(DEVICES,),
        red=("a suspended <platform> endpoint is named, and its queue is delivered once it goes on",),
    ),
    Defect(
        name="killed-containers-run-on",
        wrong="A device whose power is cut runs on in its container.",
        path="lab/docker/containers.py",
        good="                container.kill()\n                container.wait(timeout=_ENDED_WITHIN_S)\n",
        bad="                pass\n",
        run=(DEVICES,),
        red=("a <platform> endpoint whose power was cut is named, and its queue is delivered once it is on again",),
    ),
    Defect(
        name="link-of-a-container-stays-up",
        wrong="The engine leaves a device on its network when its link is cut.",
        path="lab/docker/containers.py",
        good="                corp.disconnect(container)\n",
        bad="                pass\n",
        run=(DEVICES,),
        red=("a cut link keeps a <platform> endpoint out, is named, and leaves no trace",),
    ),
    Defect(
        name="suspended-devices-forget-their-queue",
        wrong="A device that was suspended does not take up its work again.",
        path="lab/remote/device.py",
        good="        self._mirror.show(self._told)\n        await self.tell_time()\n",
        bad="        await self.tell_time()\n",
        run=(DEVICES,),
        red=("a suspended <platform> endpoint is named, and its queue is delivered once it goes on",),
    ),
)
