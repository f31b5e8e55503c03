import json, time, io, resource, tracemalloc, cProfile, pstats, os
import pytest
from apps.datasets.models import DataUnit
from apps.tasks.operations.creation import create_tasks
from tests.factories.tasks import make_world
from tests.factories.transfer import Transfer
N=10000
@pytest.mark.django_db(transaction=True)
def test_bench():
    w=make_world(tasks=0)
    DataUnit.objects.bulk_create([DataUnit(dataset=w.dataset,name=f"img-{i:06}.jpg",width=640,height=480,sha256=f"{i:064x}",size_bytes=1,content_type="image/jpeg",media_key=f"k{i}") for i in range(N)])
    ids=list(DataUnit.objects.order_by("id").values_list("id",flat=True))
    for s in range(0,N,5000): create_tasks(project_id=w.project.id,unit_ids=ids[s:s+5000],actor_id=w.people["mia"].id)
    coco={"images":[{"id":i,"file_name":f"img-{i:06}.jpg","width":640,"height":480} for i in range(N)],
      "annotations":[{"id":i*5+j,"image_id":i,"category_id":1+j%3,"bbox":[10.5+j*20,20.25,30.0,40.5],"area":1200,"iscrowd":0,"segmentation":[]} for i in range(N) for j in range(5)],
      "categories":[{"id":1,"name":"RBC"},{"id":2,"name":"WBC"},{"id":3,"name":"Platelets"}]}
    raw=json.dumps(coco).encode(); del coco; print(len(raw)/1e6,"MB")
    from apps.tasks.transfer.operations import start_import, start_export
    from tests.factories.jobs import run_one
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from apps.tasks.transfer.links import result_key
    class t:
        def take_in(raw, **k): return run_one(start_import(project=w.project,actor=w.people["mia"],file=ContentFile(raw),form=k["format"],mode=k["mode"],on_error="keep",match="file_name"))
        def give_out(f):
            j=run_one(start_export(project=w.project,actor=w.people["mia"],form=f,filters={},include_media=False)); assert j.state=="succeeded", j.error
            return open(default_storage.path(result_key(j)),"rb").read(), j.result
    for k in range(2):
        pr=cProfile.Profile()
        c=time.process_time(); a=time.time()
        if k==int(os.environ.get("PROF","9")): pr.enable()
        job=t.take_in(raw,format="coco",mode="replace" if k else "add")
        if k==int(os.environ.get("PROF","9")): pr.disable()
        print("import",k,"wall",round(time.time()-a,2),"cpu",round(time.process_time()-c,2),job.state,job.result and job.result["labels"],job.error)
        if k==int(os.environ.get("PROF","9")): pstats.Stats(pr).sort_stats("tottime").print_stats(40)
    before=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pr=cProfile.Profile()
    for form in ("coco","voc","native"):
        c=time.process_time(); a=time.time()
        out,res=t.give_out(form)
        print("export",form,"wall",round(time.time()-a,2),"cpu",round(time.process_time()-c,2),len(out)/1e6,res["labels"])
    print("rss",before/1024,resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)
